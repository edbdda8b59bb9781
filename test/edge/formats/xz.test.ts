import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../edge/formats/bytes.ts";
import { crc64 } from "../../../edge/formats/crc64.ts";
import { unxz } from "../../../edge/formats/xz.ts";

const content = "flotilla ".repeat(20) + "edge";

/**
 * `content`, compressed by xz 5.4.1 with `--check=crc32`, `--check=crc64`, `--check=sha256`,
 * `--check=none`, `--check=crc32 --block-size=64`, `--check=crc32 --delta --lzma2`.
 */
const samples = {
  crc32:
    "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AC3ABRdADMbCkOtFZFxpISbgEQSVKNas+cAAJn7kaMAASy4AQAAACA1MCs+" +
    "MA2LAgAAAAABWVo=",
  crc64:
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AC3ABRdADMbCkOtFZFxpISbgEQSVKNas+cAALubFTx9Y2pIAAEwuAEAAADA" +
    "9yRfscRn+wIAAAAABFla",
  sha256:
    "/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4AC3ABRdADMbCkOtFZFxpISbgEQSVKNas+cAAMYRluTgXogLQek/zYeHOud6" +
    "L6uGV0IwT0n15YsPgoKXAAFIuAEAAABseFW4tunfHAIAAAAAClla",
  none:
    "/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4AC3ABRdADMbCkOtFZFxpISbgEQSVKNas+cAAAABKLgBAAAANnehsKgACvwC" +
    "AAAAAABZWg==",
  blocks:
    "/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AA/AA9dADMbCkOtFZFxpIM9xWuAAAAA0G72hgIAIQEWAAAAdC/lo+AAPwAP" +
    "XQA2G8rvNXvFwBwzXW43QAAAAHycrV4CACEBFgAAAHQv5aPgADcAFF0AN50JVm3npuPJaqjDRmUWvOYWSuAA9PNVKQAD" +
    "J0AnQCw4RGHcSj4wDYsCAAAAAAFZWg==",
  delta:
    "/Td6WFoAAAFpIt42AgEDAQAhARZ5IMTu4AC3ABVdADMBfGBPz5LvR2rJle2UwB9AwH0CAAAAAACZ+5GjAAEtuAEAAACF" +
    "5mzgPjANiwIAAAAAAVla",
};
const sample = (name: keyof typeof samples) => Buffer.from(samples[name], "base64");
const lengthMax = 1_000_000;

/** Bytes that look random and are the same each time. */
function noise(length: number, seed: string): Buffer {
  return createHash("shake256", { outputLength: length }).update(seed).digest();
}

describe("samples of the real xz", () => {
  test.each(["crc32", "crc64", "sha256", "none", "blocks"] as const)("%s", (name) => {
    const packed = sample(name);
    const unpacked = unxz(Buffer.concat([packed, Buffer.from("behind")]), lengthMax);
    expect(Buffer.from(unpacked.bytes).toString()).toBe(content);
    expect(unpacked.consumedBytes).toBe(packed.length);
  });

  test("a filter other than LZMA2 is refused by name", () => {
    expect(() => unxz(sample("delta"), lengthMax)).toThrow(
      "The xz data has a filter other than LZMA2.",
    );
  });
});

describe("damage", () => {
  function outcomeOf(bytes: Uint8Array): unknown {
    try {
      return Buffer.from(unxz(bytes, lengthMax).bytes).toString();
    } catch (error) {
      return error;
    }
  }

  test.each(["crc32", "crc64", "sha256", "blocks"] as const)("any bit of %s", (name) => {
    const packed = sample(name);
    const harmless: number[] = [];
    for (let bit = 6 * 8; bit < packed.length * 8; bit += 1) {
      const bytes = Buffer.from(packed);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const outcome = outcomeOf(bytes);
      expect(outcome === content || outcome instanceof FormatError, `bit ${bit}`).toBe(true);
      if (outcome === content) harmless.push(bit);
    }
    // Some other LZMA properties read the same text, which has few literals.
    expect(harmless.length).toBeLessThan(name === "blocks" ? 12 : 4);
  });

  test.each(["crc32", "none", "blocks"] as const)("%s, cut anywhere", (name) => {
    const packed = sample(name);
    for (let length = 0; length < packed.length; length += 1) {
      expect(() => unxz(packed.subarray(0, length), lengthMax)).toThrow(FormatError);
    }
  });

  test("more than the caller allows", () => {
    for (const name of ["crc32", "blocks"] as const) {
      expect(() => unxz(sample(name), content.length - 1)).toThrow(
        `The xz data holds more than ${content.length - 1} bytes.`,
      );
      expect(unxz(sample(name), content.length).bytes.length).toBe(content.length);
    }
  });
});

/** A stream without checks around chunks of our own, to reach what no encoder writes. */
function stream(chunks: readonly number[]): Buffer {
  const header = Buffer.from(sample("none").subarray(0, 24));
  header[16] = 0; // A dictionary of 4,096 bytes.
  header.writeUInt32LE(crc32(header.subarray(12, 20)), 20);
  return Buffer.concat([header, Buffer.from(chunks), Buffer.alloc(64)]);
}

const stored = [0x01, 0, 0, 0x61];
const stored5000 = [0x01, 0x13, 0x87, ...Buffer.alloc(5_000)];
/** Range-coded bytes that begin with a repeated match, and with a match 4,998 bytes back. */
const match1 = [255, 255, 255, 255, 255];
const match4998 = [0, 129, 135, 16, 134, 116, 6, 89, 42, 46, 197, 194, 228];
const beyond = "a match starts before its dictionary";

test.each([
  [
    "no reset of the dictionary",
    [0x02, 0, 0, 0x61, 0],
    "its first chunk depends on an earlier one",
  ],
  ["an unknown chunk", [...stored, 0x03], "a chunk has an unknown kind"],
  ["no properties", [...stored, 0xa0, 0, 0, 0, 5], "a chunk lacks its properties"],
  ["unknown properties", [0xe0, 0, 0, 0, 5, 225], "225 is not a valid properties byte"],
  ["too many literal bits", [0xe0, 0, 0, 0, 5, 17], "17 is not a valid properties byte"],
  [
    "a chunk that is too short",
    [0xe0, 0, 0, 0, 3, 93, 0, 0, 0, 0],
    "the start of a chunk is invalid",
  ],
  ["a match at the start", [0xe0, 0, 9, 0, 5, 93, 0, ...match1], beyond],
  ["a match behind a reset", [...stored, 0xe0, 0, 9, 0, 5, 93, 0, ...match1], beyond],
  ["a match of too far back", [...stored5000, 0xc0, 1, 43, 0, 12, 93, ...match4998], beyond],
])("%s", (_, chunks, message) => {
  expect(() => unxz(stream(chunks), lengthMax)).toThrow(message);
});

test("an index or a footer that disagrees, with the right checksum", () => {
  const packed = sample("crc32");
  const indexEnd = packed.length - 12;
  const changed = (offset: number, start: number, end: number, checksum: number) => {
    const bytes = Buffer.from(packed);
    bytes[offset] = (bytes[offset] ?? 0) + 4;
    bytes.writeUInt32LE(crc32(bytes.subarray(start, end)), checksum);
    return bytes;
  };
  const unpadded = changed(indexEnd - 10, indexEnd - 12, indexEnd - 4, indexEnd - 4);
  expect(() => unxz(unpadded, lengthMax)).toThrow("its index does not match its blocks");
  const uncompressed = changed(indexEnd - 9, indexEnd - 12, indexEnd - 4, indexEnd - 4);
  expect(() => unxz(uncompressed, lengthMax)).toThrow("its index does not match its blocks");
  const backward = changed(indexEnd + 4, indexEnd + 4, indexEnd + 10, indexEnd);
  expect(() => unxz(backward, lengthMax)).toThrow("its footer is invalid");
});

test("crc64 of the format's check value", () => {
  expect(crc64(Buffer.from("123456789"))).toBe(0x995d_c9bb_df19_39fan);
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf4_3926);
});

const hasXz = spawnSync("xz", ["--version"]).status === 0;

describe.skipIf(!hasXz)("the real xz (skipped where it is not installed)", () => {
  const option = fc.constantFrom(
    "--lzma2=preset=0",
    "--lzma2=preset=9e",
    "--lzma2=lc=0,lp=4,pb=0",
    "--lzma2=lc=4,lp=0,pb=4",
    "--lzma2=lc=1,lp=2,pb=1,mode=fast,mf=hc3",
    "--lzma2=dict=4096,nice=273",
  );
  const check = fc.constantFrom("--check=crc32", "--check=crc64", "--check=sha256");
  const block = fc.constantFrom("--block-size=0", "--block-size=1000", "--block-size=70000");
  const part = fc.oneof(
    fc.nat({ max: 90_000 }).map((length) => noise(length, `${length}`)),
    fc
      .tuple(fc.string({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 20_000 }))
      .map(([text, count]) => Buffer.from(text.repeat(count))),
    fc.array(fc.lorem(), { maxLength: 80 }).map((words) => Buffer.from(words.join(" "))),
  );

  test("what it packs, in every way, is unpacked", () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), option, check, block, (parts, ...options) => {
        const bytes = Buffer.concat(parts);
        const packed = execFileSync("xz", ["--compress", "--stdout", ...options], {
          input: bytes,
          maxBuffer: 2 ** 28,
          stdio: ["pipe", "pipe", "ignore"],
        });
        const unpacked = unxz(packed, bytes.length + 1);
        expect(Buffer.compare(unpacked.bytes, bytes)).toBe(0);
        expect(unpacked.consumedBytes).toBe(packed.length);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  test("stored chunks between others, which reset the state behind them", () => {
    const text = (seed: string) => Buffer.from(noise(150_000, seed).toString("base64"));
    const bytes = Buffer.concat([text("a"), noise(300_000, "b"), text("c"), noise(90_000, "d")]);
    const packed = execFileSync("xz", ["--stdout"], { input: bytes, maxBuffer: 2 ** 28 });
    expect(Buffer.compare(unxz(packed, bytes.length).bytes, bytes)).toBe(0);
  });
});
