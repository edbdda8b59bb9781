import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { BootMirror } from "../../../edge/parts/boot-mirror.ts";
import { peerPath } from "../../peers/peers.ts";
import { bareDevice, composed, sampleDevice } from "../devices.ts";
import { mistakesIn, usual } from "../snippet-fleet.ts";

const disks = ["/dev/sda", "/dev/sdb"];
const mirrored = (name: string) => composed({ ...sampleDevice(name), disk: { mirror: disks } });

test("the boot disk is a mirror, in the layout of the architecture", () => {
  const device = bareDevice({ architecture: "aarch64" });
  new BootMirror(device, "boot-mirror", { disks });
  expect(device.toConfig().boot_device).toEqual({
    layout: "aarch64",
    mirror: { devices: disks },
  });
});

test("a mirror can be encrypted: the volume is on the array", () => {
  const device = mirrored("depot-01");
  expect(device.toConfig().boot_device).toEqual({
    luks: { tpm2: true },
    layout: device.architecture,
    mirror: { devices: disks },
  });
  const { storage } = JSON.parse(device.toIgnition()) as {
    storage: { luks: readonly object[]; raid: readonly object[] };
  };
  expect(storage.luks).toEqual([
    expect.objectContaining({ device: "/dev/md/md-root", name: "root", clevis: { tpm2: true } }),
  ]);
  expect(storage.raid).toHaveLength(2);
});

test("a Raspberry Pi starts from one disk", () => {
  const device = bareDevice({ architecture: "aarch64", board: "raspberry-pi-4" });
  new BootMirror(device, "boot-mirror", { disks });
  expect(device.validate()).toEqual([
    "store-01/boot-mirror: a Raspberry Pi 4 starts from one disk. Remove the mirror.",
  ]);
});

const butane = peerPath("butane-0.29.0");

describe.skipIf(butane === undefined)("butane 0.29.0 (needs the real tool)", () => {
  test.each(["store-01", "depot-01"])("translates a mirror of %s alike, strictly", (name) => {
    const device = mirrored(name);
    const input = device.toButane();
    const theirs = execFileSync(butane ?? "", ["--strict"], { input, encoding: "utf8" });
    expect(JSON.parse(device.toIgnition())).toEqual(JSON.parse(theirs));
  });
});

describe("beside an operator's own Butane", () => {
  const profiles = usual.replace("disk: /dev/sda", "disk: { mirror: [/dev/sda, /dev/sdb] }");
  const ownDisk = /\/dev\/sdb belongs to the disk or the data that the fleet file declares/;
  const ownMirror = /disk of the fleet file is a mirror and already makes the root/;
  test.each([
    ["storage: { disks: [{ device: /dev/sdb, wipe_table: true }] }", ownDisk],
    ["boot_device: { layout: x86_64, mirror: { devices: [/dev/sdc, /dev/sdd] } }", ownMirror],
    ["boot_device: { luks: { tpm2: true } }", ownMirror],
  ])("%s", (snippet, message) => {
    expect(mistakesIn(snippet, profiles)).toContainEqual(expect.stringMatching(message));
    expect(mistakesIn(snippet)).not.toContainEqual(expect.stringMatching(message));
  });
});
