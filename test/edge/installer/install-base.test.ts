/** An image that was used before is made again, with --force: nothing of its first device stays. */
import { describe, expect, test } from "vitest";
import { EdgeImage } from "../../../edge/image.ts";
import { memorySource, type Patch } from "../../../edge/formats/bytes.ts";
import { installationOf } from "../../../edge/installer/installation.ts";
import { areaFiles, areaPatch } from "../../../edge/iso/area.ts";
import { openImage, type Image } from "../../../edge/iso/image.ts";
import { readKernelArguments } from "../../../edge/iso/kernel-arguments.ts";
import { consolePatches } from "../../../edge/iso/live-console.ts";
import { liveKeyfilePath } from "../../../edge/iso/live-keyfiles.ts";
import { sitePatches } from "../../../edge/site-image.ts";
import { bareDevice } from "../devices.ts";
import { sampleIso } from "../formats/sample-iso.ts";

function downloaded(features: string): Image {
  const size = 90;
  const text = "ignition.platform.id=metal";
  const kargs = { default: text, files: [{ path: "EFI/grub.cfg", offset: 0 }], size };
  const bytes = sampleIso({
    files: {
      "IMAGES/IGNITION.IMG": new Uint8Array(65_536),
      "COREOS/KARGS.JSO": Buffer.from(JSON.stringify(kargs)),
      "COREOS/FEATURES.JSO": Buffer.from(features),
      "EFI/GRUB.CFG": Buffer.from(`${text}\n`.padEnd(size, "#")),
    },
  });
  return openImage("base.iso", memorySource(bytes));
}

/** A whole image: patches do not overlap, because what is written is read back. */
function written(iso: Image, patches: readonly Patch[]): Image {
  const bytes = Buffer.from(iso.volume.source.read(0, iso.volume.source.size));
  for (const patch of patches) bytes.set(patch.bytes, patch.offset);
  for (const patch of patches) {
    const end = patch.offset + patch.bytes.length;
    expect(bytes.subarray(patch.offset, end).equals(patch.bytes)).toBe(true);
  }
  return openImage("base.iso", memorySource(bytes));
}

const first = bareDevice({ kernelArguments: ["console=ttyS0,115200n8"] });
first.addInstallerKeyfile("eno1.nmconnection", "[connection]\nid=eno1\n");
const second = bareDevice({ kernelArguments: ["console=tty1"] });

const imageOf = (device: typeof first) => (iso: Image) =>
  written(iso, new EdgeImage(device, `image-${(count += 1)}`, { iso, force: true }).patches());
let count = 0;
const siteOf = (device: typeof first) => (iso: Image) => {
  const members = [{ installation: installationOf(device) }];
  return written(iso, sitePatches(iso, "boston", members, { force: true }).patches);
};

const installer = '{"installer-config":true}';

describe.each([
  ["a device's image", installer, imageOf(first), imageOf(second)],
  ["a device's image, on an old ISO", "{}", imageOf(first), imageOf(second)],
  ["a site's image of a device's", installer, imageOf(first), siteOf(second)],
  ["a device's image of a site's", installer, siteOf(first), imageOf(second)],
  ["a site's image", installer, siteOf(first), siteOf(second)],
])("%s", (_, features, makeFirst, makeSecond) => {
  test("is that of a download", () => {
    const iso = downloaded(features);
    const again = makeSecond(makeFirst(iso));
    const { size } = iso.volume.source;
    const fresh = makeSecond(iso).volume.source.read(0, size);
    expect(Buffer.from(again.volume.source.read(0, size)).equals(fresh)).toBe(true);
  });

  test("keeps what another tool embedded", () => {
    const iso = downloaded(features);
    const keyfile = liveKeyfilePath("own.nmconnection");
    const own = [
      ["config.ign", Buffer.from('{"ignition":{"version":"3.3.0"}}')],
      [keyfile, Buffer.from("[connection]\nid=own\n")],
    ] as const;
    const patches = [areaPatch(iso, new Map(own)), ...consolePatches(iso, ["console=ttyS9"])];
    const made = makeSecond(written(iso, patches));
    expect([...areaFiles(made).keys()]).toEqual(["config.ign", keyfile]);
    expect(readKernelArguments(made)?.current).toBe(
      "ignition.platform.id=metal console=ttyS9 console=tty1",
    );
  });
});
