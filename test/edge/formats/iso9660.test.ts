import { describe, expect, test } from "vitest";
import { FormatError, memorySource, readExtent } from "../../../edge/formats/bytes.ts";
import { findEntry, openVolume } from "../../../edge/formats/iso9660.ts";
import { descriptor, sampleIso } from "./sample-iso.ts";

const text = (content: string) => new TextEncoder().encode(content);
const primary = 16 * 2_048;

function contentOf(image: Uint8Array, path: string): string | undefined {
  const volume = openVolume(memorySource(image));
  const entry = findEntry(volume, path);
  if (entry?.kind !== "file") return entry?.kind;
  return new TextDecoder().decode(readExtent(volume.source, entry, path));
}

describe("a sound image", () => {
  const many = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`MANY/FILE${index}.DAT`, text(`file ${index}`)]),
  );
  const image = sampleIso({
    files: { ...many, "A/B/C/DEEP.TXT": text("deep"), "BOOT/VMLINUZ": text("kernel") },
    otherDescriptors: [new Uint8Array(2_048).fill(2), descriptor(0)],
  });

  test.each([
    ["A/B/C/DEEP.TXT", "deep"],
    ["a/b/c/deep.txt", "deep"],
    ["/A//B/C/DEEP.TXT", "deep"],
    ["BOOT/VMLINUZ", "kernel"],
    ["MANY/FILE0.DAT", "file 0"],
    ["MANY/FILE199.DAT", "file 199"],
    ["A/B", "directory"],
    ["", "directory"],
    ["A/B/X/DEEP.TXT", undefined],
    ["A/B/C/DEEP.TXT/MORE", undefined],
    ["NOTHING", undefined],
    ["A/..", undefined],
  ])("find %s", (path, expected) => {
    expect(contentOf(image, path)).toBe(expected);
  });

  test("the directory of many files needs more than one sector", () => {
    expect(findEntry(openVolume(memorySource(image)), "MANY")?.length).toBeGreaterThan(2_048);
  });

  test("its identifier, with nothing that steers a terminal", () => {
    const identifier = (name: string) =>
      openVolume(memorySource(sampleIso({ files: {}, identifier: name }))).identifier;
    expect(identifier("fedora-coreos-38.1")).toBe("fedora-coreos-38.1");
    expect(identifier("a\x1b[2Jb")).toBe("a?[2Jb");
  });

  test("padding behind the volume", () => {
    expect(contentOf(Buffer.concat([image, Buffer.alloc(5_000)]), "BOOT/VMLINUZ")).toBe("kernel");
  });
});

describe("a damaged image", () => {
  const sound = sampleIso({ files: { "A/FILE.TXT": text("content") } });
  const directory = Buffer.from(sound).indexOf("FILE.TXT;1") - 33;

  /** Bytes by offset that replace the image's own. */
  function changed(bytes: Readonly<Record<number, number>>): Uint8Array {
    const image = Uint8Array.from(sound);
    for (const [offset, byte] of Object.entries(bytes)) image[Number(offset)] = byte;
    return image;
  }

  test.each([
    [
      "empty",
      new Uint8Array(),
      "This is not an ISO image, or only its beginning: it has 0 bytes, and its volume descriptors " +
        "end at byte 34816 or later.",
    ],
    [
      "zeros",
      new Uint8Array(100_000),
      "This is not an ISO image: the mark CD001, version 1, is missing at byte 32769.",
    ],
    [
      "another version",
      changed({ [primary + 6]: 2 }),
      "This is not an ISO image: the mark CD001, version 1, is missing at byte 32769.",
    ],
    [
      "no primary descriptor",
      changed({ [primary]: 2 }),
      "The ISO image is damaged: it has no primary volume descriptor.",
    ],
    [
      "no terminator",
      new Uint8Array(1_000_000).fill(2),
      "The ISO image is damaged: none of its first 64 volume descriptors is the last.",
    ],
    [
      "one byte short",
      sound.subarray(0, sound.length - 1),
      `The ISO image is incomplete: it has ${sound.length - 1} of ${sound.length} bytes.`,
    ],
    [
      "a file for a root",
      changed({ [primary + 156 + 25]: 0 }),
      "The ISO image is damaged: its root record is not a directory.",
    ],
    [
      "a huge directory",
      changed({ [primary + 156 + 13]: 1 }),
      "The directory at the root says that it has 16779264 bytes; more than 1048576 is damage.",
    ],
    [
      "a directory behind the end",
      changed({ [primary + 156 + 4]: 1 }),
      `The directory at the root ends at byte ${(65_536 + 19) * 2_048}, ` +
        `after the end of the data at byte ${sound.length}.`,
    ],
    [
      "a record shorter than its name",
      changed({ [directory]: 34 }),
      `The directory A has a damaged record at byte ${directory}.`,
    ],
    [
      "a file behind the end",
      changed({ [directory + 5]: 1 }),
      expect.stringMatching(/^The entry A\/FILE.TXT of the image ends at byte 34359\d+, after/),
    ],
  ])("%s", (_, image, message) => {
    const find = () => contentOf(image, "A/FILE.TXT");
    expect(find).toThrow(FormatError);
    expect(find).toThrow(expect.objectContaining({ message }));
  });

  test("a record that crosses the end of its sector", () => {
    const names = Array.from({ length: 60 }, (_, index) => `FILE${index}.DAT`);
    const image = sampleIso({ files: Object.fromEntries(names.map((name) => [name, text("x")])) });
    const start = 18 * 2_048;
    let last = start;
    for (let next = start; next < start + 2_048 && image[next] !== 0; next += image[next]!) {
      last = next;
    }
    image[last] = 255;
    expect(() => contentOf(image, "NOTHING")).toThrow(
      `The directory at the root has a damaged record at byte ${last}.`,
    );
  });

  test("a path of too many parts", () => {
    const path = Array.from({ length: 17 }, () => "A").join("/");
    expect(() => contentOf(sound, path)).toThrow("has more than 16 parts");
  });
});
