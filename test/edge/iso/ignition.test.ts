import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memorySource } from "../../../edge/formats/bytes.ts";
import type { Patch } from "../../../edge/formats/bytes.ts";
import { writeCpio } from "../../../edge/formats/cpio.ts";
import { areaFiles, areaPatch, filesBytesMax } from "../../../edge/iso/area.ts";
import { embeddedIgnition, embedIgnition } from "../../../edge/iso/ignition.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { sampleIso } from "../formats/sample-iso.ts";

const areaBytes = 262_144;
const text = (content: string) => new TextEncoder().encode(content);
const open = (image: Uint8Array) => openImage("base.iso", memorySource(image));
const noise = (length: number) =>
  createHash("shake256", { outputLength: length }).update("noise").digest();

/** An image of 2022 or before whose embed area begins with `area`. */
function imageWith(area: Uint8Array = new Uint8Array()): Uint8Array {
  const file = new Uint8Array(areaBytes);
  file.set(area);
  return sampleIso({ files: { "IMAGES/IGNITION.IMG": file } });
}

/** An image with a pointer to its area. */
function imageWithPointer(pointer: string): Uint8Array {
  return sampleIso({
    files: { "COREOS/IGNINFO.JSO": text(pointer), "IMAGES/CDBOOT.IMG": new Uint8Array(300_000) },
  });
}

function patched(image: Uint8Array, patches: readonly Patch[]): Uint8Array {
  const bytes = Uint8Array.from(image);
  for (const patch of patches) bytes.set(patch.bytes, patch.offset);
  return bytes;
}

/** The message of the mistake that `work` makes, which must name the image. */
function mistakeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
  return "no mistake";
}

describe("where the area is", () => {
  test("the whole of IMAGES/IGNITION.IMG without other instructions", () => {
    expect(open(imageWith()).ignitionArea.length).toBe(areaBytes);
  });

  test.each([
    ['{"file":"images/cdboot.img","offset":1000,"length":2000}', 1_000, 2_000],
    ['{"file":"images/cdboot.img","offset":1000}', 1_000, 299_000],
    ['{"file":"images/cdboot.img","length":null,"new":true}', 0, 300_000],
  ])("%s", (pointer, offset, length) => {
    const image = open(imageWithPointer(pointer));
    const whole = open(imageWithPointer('{"file":"images/cdboot.img"}')).ignitionArea;
    expect(image.ignitionArea).toEqual({ offset: whole.offset + offset, length });
  });

  const whole = "Give a live ISO of Fedora CoreOS, downloaded whole.";
  const notCoreos =
    'This ISO image is not of CoreOS: its volume is named "fedora-coreos-99.sample"';
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    [
      "another ISO",
      sampleIso({ files: {} }),
      `${notCoreos}, and it has no file IMAGES/IGNITION.IMG to put an Ignition config in. ${whole}`,
    ],
    [
      "a pointer to nothing",
      imageWithPointer('{"file":"images/none.img"}'),
      `${notCoreos}, and it has no file IMAGES/NONE.IMG to put an Ignition config in. ${whole}`,
    ],
    [
      "a pointer to a folder",
      imageWithPointer('{"file":"images"}'),
      `${notCoreos}, and it has no file IMAGES to put an Ignition config in. ${whole}`,
    ],
    [
      "a pointer that is not valid JSON",
      imageWithPointer("{"),
      `COREOS/IGNINFO.JSO is damaged: it is not valid JSON. ${whole}`,
    ],
    ...["[]", "null", '{"file":1}', '{"file":"\\n"}', '{"file":"a","offset":-1}'].map(
      (pointer) =>
        [
          `the pointer ${pointer}`,
          imageWithPointer(pointer),
          `COREOS/IGNINFO.JSO is damaged. Expected {file, offset?, length?}. ${whole}`,
        ] as const,
    ),
    ...["300001", "9007199254740991"].map(
      (length) =>
        [
          `a length of ${length}`,
          imageWithPointer(`{"file":"images/cdboot.img","length":${length}}`),
          "COREOS/IGNINFO.JSO is damaged: the area that it describes is not inside " +
            `images/cdboot.img. ${whole}`,
        ] as const,
    ),
    [
      "a long pointer",
      imageWithPointer(" ".repeat(5_000)),
      `COREOS/IGNINFO.JSO is damaged: it has 5000 bytes. ${whole}`,
    ],
    [
      "a huge area",
      sampleIso({ files: { "IMAGES/IGNITION.IMG": new Uint8Array(17_000_000) } }),
      "The area for an Ignition config has 17000000 bytes; more than 16777216 means that the image is damaged. " +
        whole,
    ],
    [
      "text",
      text("no image"),
      "This is not an ISO image, or only its beginning: it has 8 bytes, and its volume descriptors " +
        `end at byte 34816 or later. ${whole}`,
    ],
  ];
  test.each(cases)("%s", (_, image, message) => {
    expect(mistakeOf(() => open(image))).toBe(`base.iso: ${message}`);
  });
});

describe("embed and show", () => {
  test("any config comes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4_000 }), (config) => {
        const image = imageWith();
        const patches = embedIgnition(open(image), config, { force: false });
        const back = embeddedIgnition(open(patched(image, patches)));
        expect(Buffer.compare(back ?? text("nothing"), config)).toBe(0);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  test("the whole area is one patch, and the same each time", () => {
    const image = open(imageWith());
    const [patch, ...others] = embedIgnition(image, text("{}"), { force: false });
    expect(others).toEqual([]);
    expect(patch?.offset).toBe(image.ignitionArea.offset);
    expect(patch?.bytes.length).toBe(areaBytes);
    const [again] = embedIgnition(image, text("{}"), { force: false });
    expect(Buffer.from(patch?.bytes ?? "").equals(again?.bytes ?? text("none"))).toBe(true);
  });

  test("nothing is embedded in a new image", () => {
    expect(embeddedIgnition(open(imageWith()))).toBeUndefined();
  });

  test("a second config is refused, or replaces the first", () => {
    const image = imageWith(gzipSync(writeCpio(new Map([["config.ign", text("{}")]]))));
    expect(mistakeOf(() => embedIgnition(open(image), text("new"), { force: false }))).toBe(
      "base.iso: The image already has an embedded Ignition config. " +
        "Start from an image as it was downloaded, or replace it with --force.",
    );
    const patches = embedIgnition(open(image), text("new"), { force: true });
    expect(embeddedIgnition(open(patched(image, patches)))).toEqual(Buffer.from("new"));
  });

  test("other files of the area stay", () => {
    const image = imageWith();
    const keyfile = "etc/coreos-firstboot-network/lab.nmconnection";
    const first = patched(image, [areaPatch(open(image), new Map([[keyfile, text("[a]")]]))]);
    expect(embeddedIgnition(open(first))).toBeUndefined();
    const second = patched(first, embedIgnition(open(first), text("{}"), { force: false }));
    expect([...areaFiles(open(second)).keys()]).toEqual(["config.ign", keyfile]);
  });

  test("a damaged area", () => {
    const message =
      "base.iso: Found data that is not a cpio archive, neither plain nor compressed with gzip, " +
      "xz or zstd. The area for an Ignition config is damaged. " +
      "Start from a fresh download of the image.";
    const image = open(imageWith(text("garbage")));
    expect(mistakeOf(() => embeddedIgnition(image))).toBe(message);
    expect(mistakeOf(() => embedIgnition(image, text("{}"), { force: true }))).toBe(message);
  });
});

describe("the size of a config", () => {
  const image = open(imageWith());
  const embed = (config: Uint8Array) => embedIgnition(image, config, { force: false });

  test("the largest of random bytes, and one more", () => {
    let fits = 261_000;
    let tooLong = 263_000;
    while (tooLong - fits > 1) {
      const middle = Math.floor((fits + tooLong) / 2);
      if (mistakeOf(() => embed(noise(middle))) === "no mistake") fits = middle;
      else tooLong = middle;
    }
    expect(fits).toBeGreaterThan(261_800);
    expect(mistakeOf(() => embed(noise(tooLong)))).toMatch(/ is \d bytes too large for the image/);
  });

  test("says by how much it is too large", () => {
    const message = mistakeOf(() => embed(noise(300_000)));
    const compressed = Number(/compressed (\d+)/.exec(message)?.[1]);
    expect(message).toBe(
      `base.iso: The Ignition config is ${compressed - areaBytes} bytes too large for the image: ` +
        `it has 300000 bytes, compressed ${compressed}, and the area has 262144. ` +
        "The largest in it: config.ign (300000). " +
        "Make them smaller, or let the device fetch them by URL.",
    );
    expect(compressed).toBeGreaterThan(300_000);
    expect(compressed).toBeLessThan(300_400);
  });

  test("more than any reader would unpack", () => {
    expect(mistakeOf(() => embed(new Uint8Array(filesBytesMax + 5)))).toBe(
      "base.iso: The Ignition config is 5 bytes too large for the image: it has 33554437 bytes, " +
        "and at most 33554432 are unpacked. The largest in it: config.ign (33554437). " +
        "Make them smaller, or let the device fetch them by URL.",
    );
  });
});
