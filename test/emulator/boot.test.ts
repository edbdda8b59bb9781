/**
 * What is embedded in an image is what the Linux kernel finds in it, byte for byte: the area is put
 * behind an initramfs, as the boot loader of a live ISO does, and a real kernel is started with it.
 */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { memorySource } from "../../edge/formats/bytes.ts";
import { areaPatch } from "../../edge/iso/area.ts";
import { openImage } from "../../edge/iso/image.ts";
import { sampleIso } from "../edge/formats/sample-iso.ts";
import { sampleFleet } from "../sample.ts";
import type { Files } from "../../edge/formats/cpio.ts";
import { installFiles } from "../../edge/installer/embedded-install.ts";
import { installationOf } from "../../edge/installer/installation.ts";
import { composed } from "../edge/devices.ts";
import { filesAfterBoot, hasEmulator } from "./emulator.ts";

const areaBytes = 262_144;
const image = openImage(
  "base.iso",
  memorySource(sampleIso({ files: { "IMAGES/IGNITION.IMG": new Uint8Array(areaBytes) } })),
);

function noise(length: number): Buffer {
  return createHash("shake256", { outputLength: length }).update("noise").digest();
}

/** The embed area's files for the sample fleet's first device. */
function deviceFiles(): Files {
  const [device] = sampleFleet.devices;
  if (device === undefined) throw new Error("The sample fleet has no device.");
  return installFiles(installationOf(composed(device)), "installer.d");
}

const cases: readonly (readonly [string, Files])[] = [
  ["a device's configuration", deviceFiles()],
  [
    "as much as the area takes, in folders",
    new Map([
      ["config.ign", noise(200_000)],
      ["etc/coreos-firstboot-network/eth0.nmconnection", Buffer.from("[connection]\nid=eth0\n")],
      ["etc/coreos-firstboot-network/none.nmconnection", Buffer.alloc(0)],
      ["var/repetitive", Buffer.from("flotilla ".repeat(400_000))],
    ]),
  ],
];

const title = "the kernel finds what was embedded (needs QEMU and Debian's kernel)";
describe.skipIf(!hasEmulator)(title, () => {
  test.each(cases)(
    "%s",
    async (_, files) => {
      const { bytes } = areaPatch(image, files);
      expect(bytes.length).toBe(areaBytes);
      const found = await filesAfterBoot(bytes, 120);
      const expected = [...files].map(([path, data]) => ({
        path: `/${path}`,
        mode: "600",
        owner: "0:0",
        bytes: data.length,
        sha256: createHash("sha256").update(data).digest("hex"),
      }));
      const byPath = (left: { path: string }, right: { path: string }) =>
        left.path < right.path ? -1 : 1;
      expect(found.toSorted(byPath)).toEqual(expected.toSorted(byPath));
    },
    150_000,
  );
});
