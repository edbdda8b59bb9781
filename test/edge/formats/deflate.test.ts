import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gzipGo } from "../../../edge/formats/deflate.ts";
import { sharedPath } from "../../peers/peers.ts";

/** Bytes that look random and are the same each time. */
function noise(length: number, seed: string): Buffer {
  return createHash("shake256", { outputLength: length }).update(seed).digest();
}

/** Text of `length` bytes from few words, so that repetitions are of all lengths and distances. */
function prose(length: number, words: number, seed: string): Buffer {
  const choices = noise(length, seed);
  const lexicon = Array.from({ length: words }, (_, word) =>
    noise(1 + (choices[word]! % 12), `${seed} ${word}`).toString("base64url"),
  );
  let text = "";
  for (let index = 0; text.length < length; index += 1)
    text += `${lexicon[choices[index]! % words]} `;
  return Buffer.from(text.slice(0, length));
}

/** Bytes in which each value is twice as frequent as the next one: codes have their greatest length. */
function skewed(length: number): Buffer {
  return noise(4 * length, "skewed")
    .subarray(0, 4 * length)
    .reduce<Buffer>((bytes, _, index, all) => {
      if (index % 4 === 0) bytes[index / 4] = Math.clz32(all.readUInt32LE(index));
      return bytes;
    }, Buffer.alloc(length));
}

const kibibyte = 1_024;
const mebibyte = kibibyte * kibibyte;

/** Special cases of the search, the window, the blocks and the codes, one on each line. */
const cases: readonly (readonly [string, Buffer])[] = [
  ["nothing", Buffer.alloc(0)],
  ...[1, 2, 3, 4, 5, 6, 257, 258, 259, 262, 263].flatMap((length) => [
    [`${length} equal bytes`, Buffer.alloc(length, "a")] as const,
    [`${length} bytes of noise`, noise(length, "short")] as const,
  ]),
  ...[-263, -262, -261, -4, -3, -1, 0, 1, 2, 3, 4, 5, 262, 263].flatMap((more) => [
    [`32 KiB and ${more} of prose`, prose(32 * kibibyte + more, 60, "half")] as const,
    [`64 KiB and ${more} of prose`, prose(64 * kibibyte + more, 200, "edge")] as const,
    [`64 KiB and ${more} of noise`, noise(64 * kibibyte + more, "edge")] as const,
    [`64 KiB and ${more} of zeros`, Buffer.alloc(64 * kibibyte + more)] as const,
    [`96 KiB and ${more} of prose`, prose(96 * kibibyte + more, 90, "more")] as const,
  ]),
  ["16,384 tokens of noise", noise(16_384, "block")],
  ["one more token", noise(16_385, "block")],
  ["a repetition that waits while a block of noise ends", waitingAtBlockEnd()],
  ["noise that is repeated a window later", repeatedAt(32 * kibibyte)],
  ["noise that is repeated a window and a byte later", repeatedAt(32 * kibibyte + 1)],
  ["four bytes that are repeated 4,096 bytes later", fourBytesAt(4_096)],
  ["four bytes that are repeated 4,097 bytes later", fourBytesAt(4_097)],
  ["a repetition among the latest 4,096 places", amongPlaces(4_095)],
  ["a repetition before the latest 4,096 places", amongPlaces(4_096)],
  ["a repetition right before the window moves", acrossMove(65_274)],
  ["a repetition that the window has left behind", acrossMove(65_275)],
  ["frequencies that are powers of two", skewed(200_000)],
  [
    "as long stored as in the fixed code",
    Buffer.from(Array.from({ length: 25 }, (_, i) => 200 + i)),
  ],
  ["as long in a code of its own as in the fixed code", Buffer.from("dcaddaccbcacaabbc")],
  ["257 bytes again, and 258 from the second on", oneLonger()],
  ["1 MiB of zeros", Buffer.alloc(mebibyte)],
  ["1 MiB of noise", noise(mebibyte, "large")],
  ["1 MiB of prose", prose(mebibyte, 250, "large")],
  ["1 MiB of noise in 16 values", Buffer.from(noise(mebibyte, "few").map((byte) => byte & 15))],
  ["alternating noise and prose", mixture(40)],
  ["lines of a configuration", configuration(8 * kibibyte)],
  ["many lines of a configuration", configuration(300 * kibibyte)],
];

/** Indented words and numbers: few words, long runs of spaces, and no line that is repeated. */
function configuration(length: number): Buffer {
  const choices = noise(length, "lines");
  const words = ["name", "metadata", "namespace", "spec", "selector", "image", "memory", "scheme"];
  let text = "";
  for (let index = 0; text.length < length; index += 4) {
    const [depth = 0, key = 0, value = 0, number = 0] = choices.subarray(index, index + 4);
    text += `${"  ".repeat(depth % 7)}${words[key % 8]}: ${words[value % 8]}-${number * key}\n`;
  }
  return Buffer.from(text);
}

/**
 * The 16,384th token is the byte before a repetition that is longer than the one at that byte. The noise
 * repeats four of its bytes, so it has three tokens fewer than bytes.
 */
function waitingAtBlockEnd(): Buffer {
  const start = noise(16_386, "waiting");
  start.copyWithin(15_000, 14_001, 14_005);
  const again = [start.subarray(14_000, 14_001), start.subarray(15_000, 15_030)];
  return Buffer.concat([start, ...again, noise(100, "behind")]);
}

function repeatedAt(distance: number): Buffer {
  const part = noise(1_000, "part");
  return Buffer.concat([part, Buffer.alloc(distance - part.length, "-"), part]);
}

function fourBytesAt(distance: number): Buffer {
  const between = noise(distance - 4, "between");
  return Buffer.concat([Buffer.from("four"), between, Buffer.from("four!")]);
}

/** The longest repetition is `between` places behind the nearest one. */
function amongPlaces(between: number): Buffer {
  return Buffer.from(`abcd-far${"abcd+".repeat(between)}#abcd-far`);
}

function acrossMove(place: number): Buffer {
  const bytes = noise(70_000, "move");
  bytes.copyWithin(place, 32_600, 32_640);
  return bytes;
}

function oneLonger(): Buffer {
  const part = noise(259, "longer");
  return Buffer.concat([part.subarray(0, 257), Buffer.from("-"), part.subarray(1), part, part]);
}

function mixture(parts: number): Buffer {
  return Buffer.concat(
    Array.from({ length: parts }, (_, part) =>
      part % 2 === 0 ? noise(part * 400, `${part}`) : prose(part * 700, 5 + part, `${part}`),
    ),
  );
}

/** Reads inputs and writes Go's outputs, each after its length as u32 LE. */
const goProgram = `package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
)

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		var length uint32
		if binary.Read(in, binary.LittleEndian, &length) != nil {
			return
		}
		input := make([]byte, length)
		io.ReadFull(in, input)
		var packed bytes.Buffer
		writer, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		writer.Write(input)
		writer.Close()
		binary.Write(out, binary.LittleEndian, uint32(packed.Len()))
		out.Write(packed.Bytes())
	}
}
`;

function packedByGo(inputs: readonly Uint8Array[]): Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), "flotilla-deflate-"));
  try {
    writeFileSync(join(folder, "main.go"), goProgram);
    const program = join(folder, "pack");
    execFileSync("go", ["build", "-o", program, "main.go"], { cwd: folder });
    const input = Buffer.concat(inputs.flatMap((bytes) => [lengthOf(bytes), bytes]));
    const output = execFileSync(program, { input, maxBuffer: 256 * mebibyte });
    const results: Buffer[] = [];
    for (let offset = 0; offset < output.length;) {
      const end = offset + 4 + output.readUInt32LE(offset);
      results.push(output.subarray(offset + 4, end));
      offset = end;
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return length;
}

/** Equal or not; the difference of megabytes would take minutes to print. */
function expectSame(actual: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  expect(actual?.length).toBe(expected?.length);
  expect(Buffer.compare(actual ?? Buffer.alloc(0), expected ?? Buffer.alloc(0))).toBe(0);
}

/** The parts are short and few, so that they are repeated. */
const patchworks = fc
  .array(
    fc.record({
      part: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 6, max: 2 })),
      times: fc.integer({ min: 1, max: 40 }),
    }),
    { maxLength: 60 },
  )
  .map((pieces) => {
    const once = pieces.map(({ part, times }) => Buffer.concat(Array(times).fill(part)));
    return Buffer.concat([...once, ...once.toReversed()]);
  });

const hasGo = spawnSync("go", ["version"]).status === 0;

describe.skipIf(!hasGo)("byte for byte what Go's compress/gzip writes (needs go)", () => {
  test("special cases", () => {
    const packed = packedByGo(cases.map(([, bytes]) => bytes));
    const wrong = cases.filter(([, bytes], index) => {
      const expected = packed[index];
      return expected === undefined || Buffer.compare(gzipGo(bytes), expected) !== 0;
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  test("patchworks", () => {
    const inputs = fc.sample(patchworks, 1_000);
    const packed = packedByGo(inputs);
    for (const [index, bytes] of inputs.entries()) expectSame(gzipGo(bytes), packed[index]);
  });
});

const folder = sharedPath("vectors/butane");

describe.skipIf(folder === undefined)("butane 0.29.0 (needs the recorded vectors)", () => {
  test("what butane compressed is compressed to the same bytes", () => {
    let count = 0;
    for (const packed of compressedByButane(folder ?? "")) {
      expectSame(gzipGo(gunzipSync(packed)), packed);
      count += 1;
    }
    expect(count).toBeGreaterThanOrEqual(157);
  });
});

/** Contents that are marked as gzip and are gzip of Go. */
function compressedByButane(vectors: string): Buffer[] {
  const goHeader = Buffer.from("1f8b08000000000002ff", "hex");
  const found: Buffer[] = [];
  const outputs = readdirSync(vectors)
    .map((file) => readFileSync(join(vectors, file), "utf8"))
    .flatMap((text) => (JSON.parse(text) as { vectors: { output: string | null }[] }).vectors)
    .flatMap(({ output }) => output ?? []);
  for (const output of outputs) {
    JSON.parse(output, (_, value) => {
      const marker = "data:;base64,";
      if (value?.compression !== "gzip" || !value.source?.startsWith(marker)) return value;
      const packed = Buffer.from(value.source.slice(marker.length), "base64");
      if (packed.subarray(0, goHeader.length).equals(goHeader)) found.push(packed);
      return value;
    });
  }
  return found;
}

test("an empty text is a member without bytes", () => {
  const packed = Buffer.from(gzipGo(Buffer.alloc(0)));
  expect(packed.toString("hex")).toBe("1f8b08000000000002ff010000ffff0000000000000000");
});

test.each(cases)("zlib unpacks %s", (_, bytes) => {
  expectSame(gunzipSync(gzipGo(bytes)), bytes);
});

test("the bytes do not depend on earlier texts, or on the text's position in memory", () => {
  fc.assert(
    fc.property(patchworks, patchworks, fc.nat({ max: 9 }), (bytes, other, offset) => {
      const first = gzipGo(bytes);
      gzipGo(other);
      const moved = new Uint8Array(bytes.length + offset);
      moved.set(bytes, offset);
      expectSame(gzipGo(moved.subarray(offset)), first);
      expectSame(gunzipSync(first), bytes);
    }),
    { numRuns: 200 },
  );
});

test("the next call does not overwrite an earlier result", () => {
  const first = gzipGo(Buffer.from("the first text"));
  gzipGo(noise(1_000, "second"));
  expect(gunzipSync(first).toString()).toBe("the first text");
});
