import { kernelArgumentPatches } from "../../../../edge/iso/kernel-arguments.ts";
import { test } from "vitest";
import { customizePatches } from "../../../../cli/compat/coreos-installer/customize.ts";
import type { Customization } from "../../../../cli/compat/coreos-installer/customize.ts";
import { readIgnition } from "../../../../cli/compat/coreos-installer/ignition-config.ts";
import { checkInstallerConfig } from "../../../../cli/compat/coreos-installer/installer-config-check.ts";
import {
  changedArguments,
  requireKernelArguments,
} from "../../../../cli/compat/coreos-installer/kernel-arguments.ts";
import { openLiveImage } from "../../../../cli/compat/coreos-installer/live-image.ts";
import { resetPatches } from "../../../../edge/iso/reset.ts";
import { minimalImage } from "../../../../cli/compat/coreos-installer/minimal-image.ts";
import { embedNetwork, removeNetwork } from "../../../../cli/compat/coreos-installer/network.ts";
import { pxeFiles } from "../../../../cli/compat/coreos-installer/pxe-files.ts";
import { describeDamagedImages, ignitionSamples, readDamaged } from "../../../edge/iso/damage.ts";

const name = "damaged.iso";
const notes = { path: "notes", name: "notes" };
const world = { read: () => Buffer.from("{}"), notice: () => undefined };
const customization: Customization = {
  destinationIgnition: [],
  destinationDevice: "/dev/sda",
  destinationConsoles: [],
  destinationArguments: { append: ["quiet"], delete: [] },
  networkKeyfiles: [notes],
  authorities: [],
  preInstall: [notes],
  postInstall: [],
  installerConfigs: [],
  liveIgnition: [],
  liveArguments: { append: ["a=b"], delete: ["quiet"], replace: ["a=b=c"] },
  force: true,
};

describeDamagedImages([
  (source) => resetPatches(openLiveImage(name, source)),
  (source) => {
    const image = openLiveImage(name, source);
    const found = requireKernelArguments(image, image.kernelArguments);
    const changes = customization.liveArguments;
    return kernelArgumentPatches(image, found, changedArguments(found.current, changes, name));
  },
  (source) => embedNetwork(openLiveImage(name, source), [notes], { force: true, read: world.read }),
  (source) => removeNetwork(openLiveImage(name, source)),
  (source) => customizePatches(openLiveImage(name, source), customization, world),
  (source) => minimalImage(openLiveImage(name, source), "https://x.invalid/"),
  (source) => pxeFiles(name, source),
]);

test("a damaged Ignition config", { timeout: 3_600_000 }, () => {
  readDamaged(ignitionSamples, readIgnition);
});

test("a damaged installer config", { timeout: 3_600_000 }, () => {
  const samples = ["append-karg: [a, 'b']\ncopy-network: true\n", "console:\n- ttyS0,9600n8\n"];
  readDamaged(samples, checkInstallerConfig);
});
