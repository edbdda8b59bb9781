import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../edge/formats/bytes.ts";
import { readCpio, writeCpio } from "../../../edge/formats/cpio.ts";

const text = (content: string) => new TextEncoder().encode(content);
const zeros = (count: number) => "0".repeat(8 * count);

test("one file, byte by byte", () => {
  const archive = writeCpio(new Map([["config.ign", text("{}\n")]]));
  const expected = [
    `070701${zeros(1)}00008180${zeros(2)}00000001${zeros(1)}00000003`,
    `${zeros(4)}0000000b${zeros(1)}config.ign\0\0\0\0{}\n\0`,
    `070701${zeros(4)}00000001${zeros(6)}0000000b${zeros(1)}TRAILER!!!\0\0\0\0`,
  ].join("");
  expect(Buffer.from(archive).toString("latin1")).toBe(expected);
});

/** Name, mode and inode of each entry, read without the reader under test. */
function outline(archive: Uint8Array): string[] {
  const bytes = Buffer.from(archive);
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const field = (index: number) =>
      Number.parseInt(
        bytes.toString("latin1", offset + 6 + 8 * index, offset + 14 + 8 * index),
        16,
      );
    const nameEnd = offset + 110 + field(11);
    const name = bytes.toString("utf8", offset + 110, nameEnd - 1);
    lines.push(`${field(0)} ${field(1).toString(8)} ${name}`);
    offset = Math.ceil((Math.ceil(nameEnd / 4) * 4 + field(6)) / 4) * 4;
  }
  return lines;
}

test("files in order, each folder before the first file in it, once", () => {
  const names = ["z", "c/f", "c/a/d/f", "c-d", "c/a/c", "a/b/f", "é", "Z"];
  const archive = writeCpio(new Map(names.map((name) => [name, text(name)])));
  expect(outline(archive)).toEqual([
    "0 100600 Z",
    "1 40755 a",
    "2 40755 a/b",
    "3 100600 a/b/f",
    "4 100600 c-d",
    "5 40755 c",
    "6 40755 c/a",
    "7 100600 c/a/c",
    "8 40755 c/a/d",
    "9 100600 c/a/d/f",
    "10 100600 c/f",
    "11 100600 z",
    "12 100600 é",
    "0 0 TRAILER!!!",
  ]);
});

const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .filter((part) => !/[\0/\p{Surrogate}]/u.test(part) && part !== "TRAILER!!!");
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const files = fc.dictionary(path, fc.uint8Array({ maxLength: 300 }), { maxKeys: 8 });

test("what is written is read, whatever follows it", () => {
  fc.assert(
    fc.property(files, fc.uint8Array({ maxLength: 20 }), (content, rest) => {
      const expected = new Map(Object.entries(content));
      const archive = writeCpio(expected);
      const read = readCpio(Buffer.concat([archive, rest]));
      expect(read.consumedBytes).toBe(archive.length);
      expect(new Map([...read.files].map(([key, data]) => [key, Uint8Array.from(data)]))).toEqual(
        expected,
      );
    }),
    { seed: 7, numRuns: 300 },
  );
});

describe("other writers", () => {
  const archive = Buffer.from(writeCpio(new Map([["dir/\u0101", text("x")]])));

  test("digits in upper case", () => {
    const upper = Buffer.from(archive.toString("latin1").replaceAll("81a4", "81A4"), "latin1");
    upper.write("0000000C", 0, "latin1");
    upper.write("070701", 0, "latin1");
    expect([...readCpio(upper).files.keys()]).toEqual(["dir/\u0101"]);
  });

  test("a name with several zero bytes behind it", () => {
    const entry = archive.subarray(0, 110).toString("latin1");
    const padded = `${entry.slice(0, 94)}00000006${entry.slice(102)}ab\0\0\0\0`;
    const file = padded.replace("000041ed", "000081a4");
    const rest = Buffer.from(writeCpio(new Map()));
    expect([...readCpio(Buffer.concat([Buffer.from(file), rest])).files.keys()]).toEqual(["ab"]);
  });

  test("a link is passed over", () => {
    const link = Buffer.from(archive.toString("latin1").replace("00008180", "0000a1ff"), "latin1");
    expect(readCpio(link).files.size).toBe(0);
  });
});

describe("damage", () => {
  const archive = Buffer.from(writeCpio(new Map([["config.ign", text("content")]])));
  const changed = (offset: number, replacement: string) => {
    const bytes = Buffer.from(archive);
    bytes.write(replacement, offset, "latin1");
    return bytes;
  };
  test.each([
    ["empty", Buffer.alloc(0), "The cpio archive ends without its trailer."],
    ["another magic", changed(0, "070702"), "The cpio archive has a damaged header at byte 0."],
    ["no digit", changed(60, "x"), "The cpio archive has a damaged header at byte 0."],
    ["no end of the name", changed(120, "n"), "The cpio archive has a damaged name in the entry"],
    ["no name", changed(94, "00000000"), "The cpio archive has a damaged name in the entry"],
    ["a zero in the name", changed(112, "\0"), "The cpio archive has a damaged name in the entry"],
    ["no UTF-8", changed(112, "\xff"), "The cpio archive has a damaged name in the entry at byte"],
    ["a huge name", changed(94, "ffffffff"), "The cpio archive ends within the entry at byte 0."],
    ["a huge file", changed(54, "ffffffff"), "The cpio archive ends within the entry at byte 0."],
  ])("%s", (_, bytes, message) => {
    expect(() => readCpio(bytes)).toThrow(FormatError);
    expect(() => readCpio(bytes)).toThrow(message);
  });

  test("cut anywhere", () => {
    for (let length = 0; length < archive.length; length += 1) {
      expect(() => readCpio(archive.subarray(0, length))).toThrow(FormatError);
    }
  });
});
