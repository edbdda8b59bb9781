import { expect, test } from "vitest";
import { memorySource } from "../../../../edge/formats/bytes.ts";
import { areaFiles } from "../../../../edge/iso/area.ts";
import { fileInConfig, pathsInConfig } from "../../../../edge/iso/contents.ts";
import { customizePatches } from "../../../../cli/compat/coreos-installer/customize.ts";
import type { Customization } from "../../../../cli/compat/coreos-installer/customize.ts";
import { openImage } from "../../../../edge/iso/image.ts";
import { openLiveImage } from "../../../../cli/compat/coreos-installer/live-image.ts";
import { sampleIso } from "../../../edge/formats/sample-iso.ts";

const features = '{"installer-config":true,"live-initrd-network":true}';
const image = sampleIso({
  files: {
    "IMAGES/IGNITION.IMG": new Uint8Array(65_536),
    "COREOS/FEATURES.JSO": Buffer.from(features),
  },
});
const nothing: Customization = {
  destinationIgnition: [],
  destinationDevice: undefined,
  destinationConsoles: [],
  destinationArguments: { append: [], delete: [] },
  networkKeyfiles: [],
  authorities: [],
  preInstall: [],
  postInstall: [],
  installerConfigs: [],
  liveIgnition: [],
  liveArguments: { append: [], delete: [], replace: [] },
  force: false,
};
const named = (name: string) => ({ path: `in/${name}`, name });

function customized(changes: Partial<Customization>, contents: Readonly<Record<string, string>>) {
  const notices: string[] = [];
  const world = {
    read: ({ name }: { name: string }) => Buffer.from(contents[name] ?? "absent"),
    notice: (text: string) => void notices.push(text),
  };
  const bytes = Buffer.from(image);
  const live = openLiveImage("live.iso", memorySource(bytes));
  for (const patch of customizePatches(live, { ...nothing, ...changes }, world)) {
    bytes.set(patch.bytes, patch.offset);
  }
  return { files: areaFiles(openImage("live.iso", memorySource(bytes))), notices };
}

test("nothing asked for embeds nothing", () => {
  const { files, notices } = customized({}, {});
  expect([...files.keys()]).toEqual([]);
  expect(notices).toEqual([]);
});

test("a device, its config, a network and a script", () => {
  const { files, notices } = customized(
    {
      destinationDevice: "/dev/sda",
      destinationIgnition: [named("dest.ign")],
      networkKeyfiles: [named("lab.nmconnection")],
      preInstall: [named("pre.sh")],
    },
    { "dest.ign": '{"ignition":{"version":"3.4.0"},"bogus":1}', "lab.nmconnection": "[a]" },
  );
  expect(notices).toEqual([
    "Warning parsing in/dest.ign: unused key: $.bogus",
    "Boot media will automatically install to /dev/sda without confirmation.",
  ]);
  expect([...files.keys()]).toEqual([
    "config.ign",
    "etc/coreos-firstboot-network/lab.nmconnection",
  ]);
  const config = files.get("config.ign") ?? new Uint8Array();
  expect(pathsInConfig(config)).toEqual([
    "/usr/local/bin/pre-install-pre.sh",
    "/etc/coreos/dest.ign",
    "/etc/coreos/installer.d/0000-customize.yaml",
  ]);
  const text = (path: string) => Buffer.from(fileInConfig(config, path) ?? "").toString();
  expect(text("/etc/coreos/dest.ign")).toBe('{"ignition":{"version":"3.4.0"}}\n');
  expect(text("/etc/coreos/installer.d/0000-customize.yaml")).toBe(
    "ignition-file: /etc/coreos/dest.ign\ncopy-network: true\ndest-device: /dev/sda\n",
  );
});
