import { describe, expect, test } from "vitest";
import { memorySource } from "../../../../edge/formats/bytes.ts";
import { changedArguments } from "../../../../cli/compat/coreos-installer/kernel-arguments.ts";
import { kernelArgumentPatches } from "../../../../edge/iso/kernel-arguments.ts";
import { openLiveImage } from "../../../../cli/compat/coreos-installer/live-image.ts";
import { resetPatches } from "../../../../edge/iso/reset.ts";
import { Refusal } from "../../../../edge/iso/refusal.ts";
import { sampleIso } from "../../../edge/formats/sample-iso.ts";

const size = 40;
const info = (changes: object = {}) =>
  Buffer.from(
    JSON.stringify({
      default: "quiet",
      files: [
        { path: "EFI/grub.cfg", offset: 4 },
        { path: "isolinux/isolinux.cfg", offset: 2, pad: " ", end: "\0" },
      ],
      size,
      ...changes,
    }),
  );

/** Two boot loaders with the same arguments, one of them padded in its own way. */
function image(first: string, second = first, kargs = info()): Uint8Array {
  return sampleIso({
    files: {
      "IMAGES/IGNITION.IMG": new Uint8Array(8_192),
      "COREOS/KARGS.JSO": kargs,
      "EFI/GRUB.CFG": Buffer.from(`abc ${`${first}\n`.padEnd(size, "#")}end`),
      "ISOLINUX/ISOLINUX.CFG": Buffer.from(`x ${`${second}\0`.padEnd(size, " ")}end`),
    },
  });
}

const open = (bytes: Uint8Array) => openLiveImage("live.iso", memorySource(bytes));

function referenceOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.reference;
    throw error;
  }
  return ["no refusal"];
}

test("the arguments are what is before end and pad in every area", () => {
  const { kernelArguments } = open(image("quiet  a=b#"));
  expect(kernelArguments).toMatchObject({ current: "quiet  a=b#", original: "quiet" });
  expect(kernelArguments?.areas.map(({ length }) => length)).toEqual([size, size]);
});

test("new ones fill each area to its end, a reset gives the first ones", () => {
  const bytes = Buffer.from(image("quiet a=b"));
  const live = open(bytes);
  if (!live.kernelArguments) throw new Error("no arguments");
  const patches = kernelArgumentPatches(live, live.kernelArguments, " new ");
  expect(patches.map((patch) => Buffer.from(patch.bytes).toString())).toEqual([
    `new\n${"#".repeat(size - 4)}`,
    `new\0${" ".repeat(size - 4)}`,
  ]);
  for (const patch of resetPatches(live)) bytes.set(patch.bytes, patch.offset);
  expect(open(bytes).kernelArguments?.current).toBe("quiet");
  expect(bytes.includes("abc quiet\n###")).toBe(true);
});

test("an image without areas has none", () => {
  const bytes = sampleIso({ files: { "IMAGES/IGNITION.IMG": new Uint8Array(8_192) } });
  expect(open(bytes).kernelArguments).toBeUndefined();
});

describe("refused", () => {
  test.each([
    [
      image("a", "b"),
      /^kargs don't match at all offsets! \(expected 'a', but offset \d+ has: 'b'\)$/,
    ],
    [
      image("a", "a", info({ size: 2_049 })),
      /^karg embed area size larger than 2048 \(found 2049\)$/,
    ],
    [image("a", "a", info({ size: 4 })), /^default kargs size 5 larger than embed areas \(4\)$/],
    [
      image("a", "a", info({ files: [] })),
      /^No karg embed areas found; corrupted CoreOS ISO image\.$/,
    ],
    [image("a", "a", info({ files: [{ path: "x/y", offset: 0 }] })), /^looking up 'x\/y'$/],
    [image("a", "a", Buffer.from("{")), /^decoding kargs embed area info$/],
    [
      image("a", "a", info({ size: 2_000, files: [{ path: "efi/grub.cfg", offset: 1e15 }] })),
      /^reading/,
    ],
  ])("%#", (bytes, message) => {
    expect(referenceOf(() => open(bytes))[0]).toMatch(message);
  });

  test("more than an area holds", () => {
    const live = open(image("a"));
    const set = (length: number) => () =>
      live.kernelArguments && kernelArgumentPatches(live, live.kernelArguments, "z".repeat(length));
    expect(referenceOf(set(size - 1))).toEqual(["no refusal"]);
    expect(referenceOf(set(size))).toEqual([`kargs too large for area: ${size + 1} vs ${size}`]);
  });
});

describe("changes", () => {
  const changed = (changes: Partial<Parameters<typeof changedArguments>[1]>) =>
    changedArguments("a=b quiet a=c", { append: [], delete: [], replace: [], ...changes }, "x");

  test("delete, then append, then replace", () => {
    expect(changed({ delete: ["quiet"], append: [" new ", "a=d"], replace: ["a=d=$&"] })).toBe(
      "a=b a=c new a=$&",
    );
    expect(changed({ delete: ["quie", "a"] })).toBe("a=b quiet a=c");
  });

  test.each(["a=b", "a=b=", "a=b=c=d", ""])("%j replaces nothing", (text) => {
    expect(referenceOf(() => changed({ replace: [text] }))).toEqual([
      "Wrong input, format should be: KEY=OLD=NEW",
    ]);
  });
});
