import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../edge/formats/bytes.ts";
import { canReadZstd, isZstd, unzstd } from "../../../edge/formats/zstd.ts";

const rows = Array.from(
  { length: 40 },
  (_, i) => `store-${(i * 7919) % 211}: till ${(i * i) % 97}\n`,
);
const content = ["flotilla ".repeat(20), ...rows].join("");

/** `content`, compressed by zstd 1.5.4 with `-19`, `-1 --no-check`, `--fast=3`. */
const samples = {
  best:
    "KLUv/QRolQUAAowcE4BLc9DUK4kmIJCERITICA9YZvTAHdaHR2+0EfVrTzy3eS7DU8TLoZbbEWLxY2eozJtqsPPsqqpL" +
    "qsmmfugz4ETDW1qvzhOd9uxw8qFwqA7DZDfWXVfL2j5KsiJ9X9N60feBEwTEEYxFaZigSBKkUZIjUKgQINa7AeB4OBJg" +
    "EGDQ7///vwFgCdIU1jLrKWIJpCnIELH4iJMznuRLJENRscBDMtK2BGzElCKBhGJrp7UPV/g=",
  unchecked:
    "KLUv/QBIXQYA4skZFZClaQMrdgA7VlXav3tz5U6HONcrusKPdTzVyIjc24lT55SNEfOctSNix67yZU1rVT3LqDRXojb9" +
    "KY3Tl70635Ed67esWk9JZqS+d5qL6pYoBEcZCDMQYpQhMEQhOMpgACDEKAcJCE6oMWT7OvsZECMxyQcSmB3e/f//DqRk" +
    "2aRTOKcc5ObYwSrGXCnCFnO5I3R97jbIEiRZe2ICDYg3QcAPfuCGjyIYGLt37ECuFQIVCyTOgUcy7Xo5a7XkXp6pwaq6" +
    "VyhqoRo=",
  fast:
    "KLUv/QRIvQoAJA9mbG90aWxsYSBzdG9yZS0wOiB0aWxsIDAKMTEyMQpzMzogdGlsbCA0MjU6IHRpbGwgOQpzdG9yZS0y" +
    "NjE2Mzg6MjUKc3RvcmUtMzkzNTE6NDkKNTI6NjQKNjQ6ODEKNjU6MzE3NzI0Cjc0NwoxOTA3Mgo5MjAzMzEwNDYyCjkx" +
    "MTczMwo3MAozMDoxMgozMTo1NDk0NDQKMTU2OTEKNTczCnM2OTo0CnM3MDo1MAo4Mjo4ODY1CjE5NTI3Cjk4OAoyMDg1" +
    "NAoxMDkyMgoxODkKMjI6NjIzOjM1CjM1OjExCjM2Ojg2CjQ4OiB0aWxsIDY2CkqoQThDzy1sHCAjsakDEmiAK732//87" +
    "LdvmDPgTHCb3LvM+NvaALl4laLMhhzllQHKKVJx09BSoPFA1sXegoJcxhH8VSZzBpT144ND3S9k35yKKXK4Tcg73lUal" +
    "tKmFQlF70rUPV/g=",
};
const names = ["best", "unchecked", "fast"] as const;
const sample = (name: keyof typeof samples) => Buffer.from(samples[name], "base64");
const lengthMax = 1_000_000;
const textOf = (bytes: Uint8Array) => Buffer.from(unzstd(bytes, lengthMax).bytes).toString();
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

function noise(length: number, seed: string): Buffer {
  return createHash("shake256", { outputLength: length }).update(seed).digest();
}

describe.skipIf(!canReadZstd)("samples of the real zstd (needs Node 22.15)", () => {
  test.each(names)("%s", (name) => {
    const packed = sample(name);
    const unpacked = unzstd(Buffer.concat([packed, Buffer.from("behind")]), lengthMax);
    expect(Buffer.from(unpacked.bytes).toString()).toBe(content);
    expect(unpacked.consumedBytes).toBe(packed.length);
  });

  test("frames one after another, and those that are skipped", () => {
    const skipped = hex("5e2a4d18 03000000 aabbcc");
    const frames = Buffer.concat([skipped, sample("best"), skipped, sample("fast")]);
    expect(textOf(frames)).toBe(content + content);
  });
});

describe.skipIf(!canReadZstd)("damage (needs Node 22.15)", () => {
  test.each(names)("%s, cut off anywhere, ends too early", (name) => {
    const packed = sample(name);
    for (let length = 5; length < packed.length; length += 1) {
      expect(() => unzstd(packed.subarray(0, length), lengthMax)).toThrow(
        "The zstd data ends too early.",
      );
    }
  });

  test("any one bit is noticed, or changes nothing", () => {
    const packed = sample("best");
    let noticed = 0;
    for (let bit = 0; bit < 8 * packed.length; bit += 1) {
      const changed = Uint8Array.from(packed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      if (!isZstd(changed)) continue;
      try {
        if (textOf(changed) !== content) expect.unreachable(`bit ${bit}`);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        noticed += 1;
      }
    }
    expect(noticed / (8 * packed.length)).toBeGreaterThan(0.9);
  });

  test.each([
    ["a reserved bit", "28b52ffd 08 58", "Unsupported frame parameter"],
    ["a dictionary", "28b52ffd 01 58 07", "Dictionary mismatch"],
    ["a window of 256 MiB", "28b52ffd 00 90", "requires too much memory"],
    ["a reserved block", "28b52ffd 00 58 070000", "Data corruption detected"],
    ["a block above the window", "28b52ffd 20 04 290000 6161616161", "Data corruption detected"],
    ["less than it says", "28b52ffd 20 04 190000 616161", "Data corruption detected"],
    ["a missing table", "28b52ffd 00 58 250000 13000000", "Dictionary is corrupted"],
    // A table of weights whose two states need no bits would go on for ever.
    [
      "endless weights",
      "28b52ffd 00 58 5d0000 42c001 04 f003 0080 aa01 00",
      "Data corruption detected",
    ],
  ])("%s", (_, bytes, message) => {
    expect(() => unzstd(hex(bytes), lengthMax)).toThrow(FormatError);
    expect(() => unzstd(hex(bytes), lengthMax)).toThrow(message);
  });

  test("more than the limit is refused before it is in memory", () => {
    // Four bytes for 128 KiB, without a size in the header.
    const block = hex("020010 00");
    const bomb = Buffer.concat([
      hex("28b52ffd 00 58"),
      ...Array.from({ length: 9_000 }, () => block),
    ]);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => unzstd(bomb, lengthMax)).toThrow("The zstd data holds more than 1000000 bytes.");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1_048_576);
  });

  test("whatever the bytes are, the error is a named one", () => {
    const edit = fc.tuple(fc.nat(sample("fast").length - 1), fc.nat(255));
    const property = fc.property(
      fc.constantFrom(...names),
      fc.array(edit, { minLength: 1, maxLength: 6 }),
      (name, edits) => {
        const changed = sample(name);
        for (const [at, value] of edits) if (at > 3) changed[at % changed.length] = value;
        try {
          unzstd(changed, lengthMax);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      },
    );
    fc.assert(property, { numRuns: Number(process.env["FLOTILLA_FUZZ_CASES"] ?? 120) * 20 });
  });
});

const hasZstd = canReadZstd && spawnSync("zstd", ["--version"]).status === 0;

describe.skipIf(!hasZstd)("the real zstd (needs zstd and Node 22.15)", () => {
  const inputs: readonly Buffer[] = [
    Buffer.alloc(0),
    Buffer.from("a"),
    Buffer.from("hello ".repeat(10)),
    noise(300_000, "random"),
    Buffer.alloc(900_000),
    Buffer.from(noise(150_000, "base64").toString("base64")),
    Buffer.from(noise(70_000, "few").map((byte) => byte & 7)),
    Buffer.concat([noise(70_000, "repeated"), noise(70_000, "between"), noise(70_000, "repeated")]),
    Buffer.from(content.repeat(300)),
  ];
  const levels = ["-1", "-3", "-9", "-19", "--fast=5", "-3 --no-check", "-19 --long=27"];
  test.each(levels)("zstd %s", (flags) => {
    for (const [index, input] of inputs.entries()) {
      const { stdout } = spawnSync("zstd", ["-c", "-q", ...flags.split(" ")], {
        input,
        maxBuffer: 1e8,
      });
      const { bytes, consumedBytes } = unzstd(Buffer.concat([stdout, Buffer.from("x")]), lengthMax);
      expect([index, Buffer.compare(bytes, input), consumedBytes]).toEqual([
        index,
        0,
        stdout.length,
      ]);
    }
  });
});

test("a frame to skip that is cut off", () => {
  expect(() => unzstd(hex("5e2a4d18 04000000 aabbcc"), lengthMax)).toThrow(
    "The zstd data ends too early.",
  );
});

test.skipIf(canReadZstd)("Node without a decoder says which one has it", () => {
  expect(() => unzstd(sample("best"), lengthMax)).toThrow(FormatError);
  expect(() => unzstd(sample("best"), lengthMax)).toThrow(
    "The data is compressed with zstd. Use Node 22.15 or later to read it.",
  );
});
