/** One read of a file for all who copy it at the same time. */
import { truncateSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pieceBytes } from "../../../cli/media/direct-io.ts";
import { sharedReader, type SharedReader } from "../../../cli/media/shared-reader.ts";
import { temporaryFolder } from "../temporary.ts";

const pieces = 5;
const content = Buffer.alloc((pieces - 1) * pieceBytes + 777);
for (let page = 0; page < content.length; page += 4_096) content.writeUInt32BE(page + 1, page);

function base(): string {
  const path = join(temporaryFolder(), "base");
  writeFileSync(path, content);
  return path;
}

const whole = [{ offset: 0, length: content.length }];

/** Copies what the reader gives, slowly; returns the copy and the offsets in the order they came. */
async function copy(reader: SharedReader, milliseconds = 0) {
  const bytes = Buffer.alloc(pieces * pieceBytes);
  const offsets: number[] = [];
  await reader.forEach(async (pages, offset) => {
    offsets.push(offset / pieceBytes);
    await setTimeout(milliseconds);
    pages.copy(bytes, offset);
  });
  return { bytes, offsets };
}

/** What is behind the end comes with the last page. */
const padded = Buffer.concat([content], pieces * pieceBytes);

function expectWhole(bytes: Buffer | undefined): void {
  expect(bytes?.equals(padded)).toBe(true);
}

describe("a reader that is shared", () => {
  test("gives a late one what is read just now, and then what it missed", async () => {
    const reader = sharedReader(base(), whole);
    const offsets: number[] = [];
    let late: ReturnType<typeof copy> | undefined;
    await reader.forEach(async (_, offset) => {
      offsets.push(offset / pieceBytes);
      if (offset === pieceBytes) late = copy(reader);
    });
    expect(offsets).toEqual([0, 1, 2, 3, 4]);
    const result = await late;
    expect(result?.offsets).toEqual([2, 3, 4, 0, 1]);
    expectWhole(result?.bytes);
  });

  test("reads once for all: they are given the same memory at the same time", async () => {
    const reader = sharedReader(base(), whole);
    const given: string[] = [];
    const memories = new Set<unknown>();
    const take = (name: string) =>
      reader.forEach(async (pages, offset) => {
        memories.add(pages.buffer);
        given.push(`${offset / pieceBytes}${name}`);
        await setTimeout(name === "b" ? 5 : 0);
      });
    await Promise.all(["a", "b", "c"].map(take));
    const expected = [0, 1, 2, 3, 4].flatMap((piece) => ["a", "b", "c"].map((n) => piece + n));
    expect(given.toSorted()).toEqual(expected);
    expect(given.map((text) => text[0])).toEqual(expected.map((text) => text[0]));
    expect(memories.size).toBe(1);
  });

  test("whoever comes and goes whenever, each gets everything", async () => {
    const reader = sharedReader(base(), whole);
    const visitor = fc.record({ comes: fc.nat({ max: 20 }), takes: fc.nat({ max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(visitor, { minLength: 1, maxLength: 4 }), async (visitors) => {
        const copies = visitors.map(async ({ comes, takes }) => {
          await setTimeout(comes);
          return copy(reader, takes);
        });
        for (const result of await Promise.all(copies)) {
          expect(result.offsets.toSorted()).toEqual([0, 1, 2, 3, 4]);
          expectWhole(result.bytes);
        }
      }),
      { numRuns: 5 },
    );
  });

  test("one that fails leaves the others alone", async () => {
    const reader = sharedReader(base(), whole);
    const given: number[] = [];
    const failing = reader.forEach(async (_, offset) => {
      given.push(offset / pieceBytes);
      if (offset === 2 * pieceBytes) throw new Error("no space");
    });
    const [failed, sound] = await Promise.allSettled([failing, copy(reader)]);
    expect(failed).toMatchObject({ status: "rejected", reason: { message: "no space" } });
    expect(given).toEqual([0, 1, 2]);
    expect(sound.status).toBe("fulfilled");
    if (sound.status === "fulfilled") expectWhole(sound.value.bytes);
  });

  test("a file that becomes shorter fails them all, and the reader is ready again", async () => {
    const path = base();
    const reader = sharedReader(path, whole);
    truncateSync(path, 3 * pieceBytes);
    const message = "the ISO became shorter while it was read";
    for (const outcome of await Promise.allSettled([copy(reader), copy(reader)])) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { message } });
    }
    writeFileSync(path, content);
    expectWhole((await copy(reader)).bytes);
  });

  test("of some parts of a file gives those; of nothing, nothing", async () => {
    const path = base();
    const parts = [
      { offset: 4_096, length: 8_192 },
      { offset: pieceBytes, length: pieceBytes + 4_096 },
    ];
    const given: [number, number][] = [];
    await sharedReader(path, parts).forEach(async (pages, offset) => {
      expect(pages.equals(content.subarray(offset, offset + pages.length))).toBe(true);
      given.push([offset, pages.length]);
    });
    expect(given).toEqual([
      [4_096, 8_192],
      [pieceBytes, pieceBytes],
      [2 * pieceBytes, 4_096],
    ]);
    await sharedReader(path, []).forEach(() => Promise.reject(new Error("never")));
  });

  test("a file that is gone is an error", async () => {
    const reader = sharedReader(join(temporaryFolder(), "none"), whole);
    await expect(copy(reader)).rejects.toThrow("ENOENT");
  });
});
