import { expect, test } from "vitest";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { patchedSource } from "../../../edge/iso/patched-source.ts";

const patch = (offset: number, text: string) => ({ offset, bytes: Buffer.from(text) });

test.each([
  [0, 10, "0AAA4BC789"],
  [2, 1, "A"],
  [4, 2, "4B"],
  [9, 1, "9"],
])("from %i, %i bytes: %s", (offset, length, expected) => {
  const base = Buffer.from("0123456789");
  const patches = [patch(1, "AAA"), patch(5, "BB"), patch(6, "C")];
  const source = patchedSource(memorySource(base), patches);
  expect(source.size).toBe(10);
  expect(Buffer.from(source.read(offset, length)).toString()).toBe(expected);
  // The base does not change, even if it is a Buffer in memory.
  expect(base.toString()).toBe("0123456789");
});
