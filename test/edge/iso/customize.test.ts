import { describe, expect, test } from "vitest";
import { memorySource } from "../../../edge/formats/bytes.ts";
import { areaFiles } from "../../../edge/iso/area.ts";
import { consoleHint, ConsoleError, parseConsole } from "../../../edge/iso/console.ts";
import { fileInConfig, pathsInConfig } from "../../../edge/iso/contents.ts";
import { customizePatches } from "../../../edge/iso/customize.ts";
import type { Customization } from "../../../edge/iso/customize.ts";
import { openImage } from "../../../edge/iso/image.ts";
import { readIgnition } from "../../../edge/iso/ignition-config.ts";
import { writeInstallerConfig } from "../../../edge/iso/installer-config.ts";
import { openLiveImage } from "../../../edge/iso/live.ts";
import { sampleIso } from "../formats/sample-iso.ts";

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

test("an Ignition config is written again by the fields of its version", () => {
  const config = (minor: number) => {
    const text = JSON.stringify({
      storage: { links: [{ path: "/a", target: "b" }], luks: [{ name: "c" }] },
      ignition: { version: `3.${minor}.0` },
    });
    return readIgnition(Buffer.from(text));
  };
  expect(config(1)).toEqual({
    json:
      '{"ignition":{"version":"3.1.0"},"storage":{"links":[{"hard":null,"overwrite":null,' +
      '"path":"/a","target":"b"}]}}',
    warnings: ["unused key: $.storage.luks"],
  });
  expect(config(2).json).toContain('"luks":[{"clevis":null,"device":null,"label":null,"name":"c"');
  expect(config(6).json).toContain('"luks":[{"device":null,"discard":null,"label":null,"name":"c"');
});

/** As coreos-installer 0.27.0 writes them. */
test.each([
  ["quiet", "quiet"],
  ["12", "'12'"],
  ["0x1f", "'0x1f'"],
  ["1e5", "'1e5'"],
  ["007", "'007'"],
  [".5", "'.5'"],
  ["true", "'true'"],
  ["yes", "yes"],
  ["~", "'~'"],
  ["", "''"],
  ["- x", "'- x'"],
  ["-x", "-x"],
  ["a: b", "'a: b'"],
  ["a #b", "'a #b'"],
  ["#", "'#'"],
  ["'q'", "'''q'''"],
  ["{a}", "'{a}'"],
  ["k:", "'k:'"],
  ["tab\there", '"tab\\there"'],
  ["line\nbreak", "|-\n  line\n  break"],
  [" spaced ", "' spaced '"],
])("the kernel argument %j in YAML", (value, written) => {
  const text = writeInstallerConfig({
    consoles: [],
    appendedKernelArguments: [value],
    deletedKernelArguments: [],
    copyNetwork: false,
  });
  expect(text).toBe(`append-karg:\n- ${written}\n`);
});

describe("consoles", () => {
  test.each([
    ["tty0", "tty0"],
    ["ttyS1", "ttyS1,9600n8"],
    ["ttyAMA0,115200", "ttyAMA0,115200n8"],
    ["ttyS1,9600e7", "ttyS1,9600e7"],
  ])("%s", (text, full) => expect(parseConsole(text)).toBe(full));

  test.each(["", "tty1", "ttyS0,", "ttyS0,9600x", "ttyS256", "ttyS0,4294967296", "console=tty0"])(
    "%j is none",
    (text) => expect(() => parseConsole(text)).toThrow(ConsoleError),
  );

  test("a hint for arguments that name consoles only", () => {
    const hint = (...kernelArguments: string[]) => consoleHint(kernelArguments, "--old", "--new");
    expect(hint("quiet")).toBeUndefined();
    expect(hint("console=tty0", "console=bogus")).toBeUndefined();
    expect(hint("quiet", "console=tty0")).toBe(
      'Note: consider using "--new tty0" instead of "--old console=tty0" to configure\n' +
        "both kernel and bootloader consoles.",
    );
  });
});
