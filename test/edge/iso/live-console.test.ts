/** The consoles of the installed system are those of the live system too. */
import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EdgeImage } from "../../../edge/image.ts";
import { memorySource, type Extent } from "../../../edge/formats/bytes.ts";
import { lookUp, openVolume } from "../../../edge/formats/iso9660.ts";
import { installationOf } from "../../../edge/installer/installation.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { consolePatches, consolesOf } from "../../../edge/iso/live-console.ts";
import { patchedSource } from "../../../edge/iso/patched-source.ts";
import { sitePatches } from "../../../edge/site-image.ts";
import { openLiveImage } from "../../../cli/compat/coreos-installer/live-image.ts";
import { sharedPath } from "../../peers/peers.ts";
import { bareDevice, composed, sampleDevice } from "../devices.ts";
import { sampleIso } from "../formats/sample-iso.ts";

const size = 60;

function image(present: string, areas: object = {}) {
  const kargs = {
    default: present,
    files: [
      { path: "EFI/grub.cfg", offset: 4 },
      { path: "isolinux/isolinux.cfg", offset: 2, pad: " ", end: "\0" },
    ],
    size,
    ...areas,
  };
  const bytes = sampleIso({
    files: {
      "IMAGES/IGNITION.IMG": new Uint8Array(8_192),
      "COREOS/KARGS.JSO": Buffer.from(JSON.stringify(kargs)),
      "EFI/GRUB.CFG": Buffer.from(`abc ${`${present}\n`.padEnd(size, "#")}end`),
      "ISOLINUX/ISOLINUX.CFG": Buffer.from(`x ${`${present}\0`.padEnd(size, " ")}end`),
    },
  });
  return openImage("live.iso", memorySource(bytes));
}

/** As coreos-installer reads them. */
function argumentsWith(iso: ReturnType<typeof image>, consoles: readonly string[]) {
  const source = patchedSource(iso.volume.source, consolePatches(iso, consoles));
  return openLiveImage("live.iso", source).kernelArguments?.current;
}

test("the consoles come behind the image's own arguments, in their order", () => {
  const consoles = consolesOf([
    { kernelArguments: ["console=tty0", "quiet"] },
    { kernelArguments: ["console=ttyS0,115200n8", "console=tty0"] },
  ]);
  expect(consoles).toEqual(["console=tty0", "console=ttyS0,115200n8"]);
  const expected = "ignition.firstboot console=tty0 console=ttyS0,115200n8";
  expect(argumentsWith(image("ignition.firstboot"), consoles)).toBe(expected);
});

test("what is there stays as it is", () => {
  expect(argumentsWith(image("a console=ttyS0 b"), ["console=ttyS0"])).toBe("a console=ttyS0 b");
  expect(argumentsWith(image("a"), [])).toBe("a");
  expect(argumentsWith(image(""), ["console=ttyS0"])).toBe("console=ttyS0");
});

test("an image without areas keeps its own consoles", () => {
  const old = sampleIso({ files: { "IMAGES/IGNITION.IMG": new Uint8Array(8_192) } });
  expect(consolePatches(openImage("live.iso", memorySource(old)), ["console=ttyS0"])).toEqual([]);
});

test("an image from before September 2021 says in a header where its arguments are", () => {
  const old = sampleIso({
    files: {
      "IMAGES/IGNITION.IMG": new Uint8Array(8_192),
      "ISOLINUX/ISOLINUX.CFG": Buffer.from("a b\n".padEnd(size, "#").repeat(2)),
    },
  });
  const { offset } = lookUp(openVolume(memorySource(old)), "ISOLINUX/ISOLINUX.CFG") as Extent;
  const header = Buffer.alloc(72);
  header.write("coreKarg");
  for (const [index, value] of [size, offset, offset, offset + size].entries()) {
    header.writeBigUInt64LE(BigInt(value), 8 + 8 * index);
  }
  old.set(header, 32_672);
  expect(argumentsWith(openImage("live.iso", memorySource(old)), ["console=ttyS0"])).toBe(
    "a b console=ttyS0",
  );
});

test("a console that does not fit, and damage, have a message", () => {
  const long = "a".repeat(50);
  expect(() => consolePatches(image(long), ["console=ttyS0"])).toThrow(
    "live.iso: the live system has no room for console=ttyS0: its kernel arguments are 65 bytes, and 60 fit. Delete a console under kernelArguments.",
  );
  expect(() => consolePatches(image("a", { size: 0 }), ["console=ttyS0"])).toThrow(
    "COREOS/KARGS.JSO is damaged. Expected {default, files, size}. Start from a fresh download of the image.",
  );
  const beyond = { files: [{ path: "EFI/grub.cfg", offset: 1e9 }] };
  expect(() => consolePatches(image("a", beyond), ["console=ttyS0"])).toThrow(/^live\.iso: /);
});

const skeleton = sharedPath("fixtures/iso/embed-areas-2023-07.x86_64.iso.gz");

describe.skipIf(!skeleton)("a real live ISO (skipped if ../shared is absent)", () => {
  const iso = openImage("live.iso", memorySource(gunzipSync(readFileSync(skeleton ?? ""))));
  const current = (patches: Parameters<typeof patchedSource>[1]) =>
    openLiveImage("live.iso", patchedSource(iso.volume.source, patches)).kernelArguments?.current;
  const before = current([]) ?? "";

  test("the image of a device has the consoles of its profile", () => {
    const device = sampleDevice("store-01");
    const kernelArguments = ["net.ifnames=0", "console=tty0", "console=ttyS1,9600n8"];
    const edge = composed({ ...device, profile: { ...device.profile, kernelArguments } });
    const patches = new EdgeImage(edge, "image", { iso }).patches();
    expect(before).not.toContain("ttyS1");
    expect(current(patches)).toBe(`${before} console=tty0 console=ttyS1,9600n8`);
    expect(current(new EdgeImage(bareDevice(), "image", { iso }).patches())).toBe(before);
  });

  test("the image of a site has the consoles of all", () => {
    const members = ["console=ttyS0", "console=ttyS1", "console=ttyS0"].map((console, index) => {
      const edge = bareDevice({ name: `store-${index}`, kernelArguments: [console] });
      return { installation: installationOf(edge) };
    });
    const { patches } = sitePatches(iso, "boston", members, {});
    expect(current(patches)).toBe(`${before} console=ttyS0 console=ttyS1`);
  });
});
