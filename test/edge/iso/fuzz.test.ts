import { expect, test } from "vitest";
import { misfit } from "../../../edge/base-fit.ts";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { EdgeImage } from "../../../edge/image.ts";
import { embeddedInstall } from "../../../edge/installer/embedded-install.ts";
import { largestContents } from "../../../edge/iso/contents.ts";
import { embeddedIgnition, embedIgnition } from "../../../edge/iso/ignition.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { bareDevice } from "../devices.ts";
import { DamagedSource, describeDamagedImages, ignitionSamples, readDamaged } from "./damage.ts";

const name = "damaged.iso";

describeDamagedImages([
  (source) => {
    const image = openImage(name, source);
    embeddedIgnition(image);
    return embedIgnition(image, Buffer.from("{}"), { force: true });
  },
  (source) => {
    const image = openImage(name, source);
    embeddedInstall(image);
    const device = bareDevice();
    // The image of a mainframe, or one whose damage looks like it, is refused before it is read on.
    if (misfit(image, device, true) !== undefined) return undefined;
    return new EdgeImage(device, "image", { iso: image, force: true }).patches();
  },
]);

test("what a damaged Ignition config holds", { timeout: 3_600_000 }, () => {
  readDamaged(ignitionSamples, (bytes) => largestContents(new Map([["config.ign", bytes]])));
});

test("the source of this test refuses what is outside", () => {
  const source = new DamagedSource(new Uint8Array(10), 10, new Map());
  expect(() => source.read(5, 6)).toThrow(RangeError);
  expect(memorySource(new Uint8Array(10)).read(5, 5)).toHaveLength(5);
});
