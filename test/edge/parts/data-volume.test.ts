import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Construct } from "constructs";
import { describe, expect, test } from "vitest";
import type { EdgeDevice } from "../../../edge/device.ts";
import { installationOf } from "../../../edge/installer/installation.ts";
import { installerSettings } from "../../../edge/installer/live-install.ts";
import { nestedInstall } from "../../../edge/installer/nested-install.ts";
import { DataVolume, type DataVolumeProps } from "../../../edge/parts/data-volume.ts";
import { sampleFleet } from "../../sample.ts";
import { mistakesOf } from "../../fleet/resolve/machine/machine-fleet.ts";
import { peerPath } from "../../peers/peers.ts";
import { bareDevice, composed, inlineOf, sampleDevice, unitOf } from "../devices.ts";
import { mistakesIn, usual } from "../snippet-fleet.ts";

const other = "/dev/disk/by-id/ata-SSD_1";
const path = "/var/lib/till-data";

function withVolume(props: Partial<DataVolumeProps>): EdgeDevice {
  const device = bareDevice();
  new DataVolume(device, "data-volume", { path, ...props });
  return device;
}

const volume = {
  device: "/dev/disk/by-partlabel/flotilla-data",
  format: "xfs",
  path,
  wipe_filesystem: false,
};

test("another disk: its table and its file system stay as they are", () => {
  const device = withVolume({ disk: other });
  expect(device.toConfig().storage).toMatchObject({
    disks: [
      { device: other, wipe_table: false, partitions: [{ number: 1, label: "flotilla-data" }] },
    ],
    filesystems: [volume],
  });
  const installation = installationOf(device);
  expect(installation).toMatchObject({ dataDisk: other });
  expect(installerSettings(installation)).not.toContain("save-partlabel");
});

test("the rest of the boot disk: the installer keeps the partition", () => {
  const device = withVolume({ rootMiB: 16_384, filesystem: "ext4" });
  expect(device.toConfig().storage).toMatchObject({
    disks: [
      {
        device: "/dev/disk/by-id/coreos-boot-disk",
        wipe_table: false,
        partitions: [
          { number: 4, label: "root", size_mib: 16_384, resize: true },
          { number: 5, label: "flotilla-data", size_mib: 0 },
        ],
      },
    ],
    filesystems: [{ ...volume, format: "ext4" }],
  });
  expect(installerSettings(installationOf(device))).toContain(
    "save-partlabel:\n- flotilla-data\ndest-device: /dev/sda\n",
  );
});

test("without keep it is made again", () => {
  const disk = withVolume({ disk: other, keep: false });
  expect(disk.toConfig().storage).toMatchObject({
    disks: [{ wipe_table: true }],
    filesystems: [{ wipe_filesystem: true }],
  });
  const partition = withVolume({ keep: false });
  expect(partition.toConfig().storage?.disks?.[0]?.wipe_table).toBe(false);
  expect(installerSettings(installationOf(partition))).not.toContain("save-partlabel");
});

test("it is mounted by its label, K3s waits for it, and the system does not", () => {
  const device = withVolume({ disk: other });
  const unit = unitOf(device, String.raw`var-lib-till\x2ddata.mount`);
  expect(unit).toContain(`\nWhere=${path}\n`);
  expect(unit).toContain("\nType=xfs\n");
  expect(unit).toContain("\nWantedBy=local-fs.target\n");
  expect(unit).not.toContain("RequiredBy=");
  const dropin = inlineOf(device, "/etc/systemd/system/k3s.service.d/flotilla-data.conf");
  expect(dropin).toContain(`\nRequiresMountsFor=${path}\n`);
});

test("a part cannot write to what is kept: Ignition would fail at the next installation", () => {
  const device = bareDevice();
  const part = new Construct(device, "prices");
  const contents = { inline: "" };
  device.addFile(part, { path: `${path}/prices.csv`, mode: 0o644, contents });
  new DataVolume(device, "data-volume", { path, disk: other });
  expect(device.validate()).toEqual([
    `store-01/data-volume: prices writes ${path}/prices.csv, and the data in ${path} is kept. Keep another folder.`,
  ]);
});

test("no folder with a file of Flotilla can be declared", () => {
  const links = { "/usr/local": "/var/usrlocal", "/root": "/var/roothome", "/home": "/var/home" };
  const mistakes = new Map<string, readonly string[]>();
  for (const device of sampleFleet.devices) {
    for (const own of composed(device).owners.paths.keys()) {
      const link = Object.entries(links).find(([from]) => own.startsWith(`${from}/`));
      const real = link === undefined ? own : link[1] + own.slice(link[0].length);
      const folders = real.split("/").slice(1, -1);
      for (let length = 2; length <= folders.length; length++) {
        const folder = `/${folders.slice(0, length).join("/")}`;
        if (!folder.startsWith("/var/") || mistakes.has(folder)) continue;
        const range = `data: { path: ${folder}, disk: ${other} }`;
        mistakes.set(folder, mistakesOf({ range }));
      }
    }
  }
  expect([...mistakes.keys()]).toContain("/var/lib/rancher/k3s");
  expect([...mistakes].filter(([, found]) => found.length === 0)).toEqual([]);
});

test("an old live ISO cannot keep a partition, or choose a disk", () => {
  const message = (device: EdgeDevice) => {
    try {
      nestedInstall(installationOf(device));
    } catch (error) {
      return String((error as Error).message);
    }
    return "";
  };
  expect(message(withVolume({}))).toBe(
    "store-01: a live ISO from before December 2021 cannot keep a partition of the boot disk. Use a newer Fedora CoreOS: flotilla pin.",
  );
  expect(message(bareDevice({ disk: { choose: "smallest" } }))).toBe(
    "store-01: a live ISO from before December 2021 cannot choose a disk. Use a newer Fedora CoreOS: flotilla pin.",
  );
  expect(message(withVolume({ disk: other }))).toBe("");
});

const data = { path, keep: true, filesystem: "xfs" } as const;
const volumes = [
  ["another disk", { disk: other, rootMiB: null, ...data }],
  ["a partition", { disk: null, rootMiB: 32_768, ...data }],
  ["another disk, erased", { disk: other, rootMiB: null, ...data, keep: false }],
] as const;
const [butane, validate] = [peerPath("butane-0.29.0"), peerPath("ignition-validate-2.27.0")];

describe.skipIf(butane === undefined || validate === undefined)(
  "butane and ignition-validate (need the real tools)",
  () => {
    // depot-01 is encrypted.
    test.each(
      ["store-01", "depot-01"].flatMap((name) => volumes.map((each) => [name, ...each] as const)),
    )("%s with %s: translated alike, strictly", (name, _, volumeOf) => {
      const device = composed({ ...sampleDevice(name), machine: { data: volumeOf } });
      const input = device.toButane();
      const theirs = execFileSync(butane ?? "", ["--strict"], { input, encoding: "utf8" });
      const ours = device.toIgnition();
      expect(JSON.parse(ours)).toEqual(JSON.parse(theirs));
      const folder = mkdtempSync(join(tmpdir(), "data-volume-"));
      writeFileSync(join(folder, "config.ign"), ours);
      const output = execFileSync(validate ?? "", [join(folder, "config.ign")]);
      rmSync(folder, { recursive: true });
      expect(output.toString()).toBe("");
    });
  },
);

describe("beside an operator's own Butane", () => {
  const bootDisk = "/dev/disk/by-id/coreos-boot-disk";
  const withData = (place: string) =>
    usual.replace("disk: /dev/sda", `disk: /dev/sda, data: { path: ${path}, ${place} }`);
  const onDisk = withData(`disk: ${other}`);
  const onPartition = withData("rootSize: 32Gi");
  const belongs = "belongs to the disk or the data that the fleet file declares";
  test.each([
    [`storage: { disks: [{ device: ${other}, wipe_table: true }] }`, onDisk, belongs],
    [
      `storage: { filesystems: [{ device: /dev/sdc1, format: xfs, path: ${path} }] }`,
      onDisk,
      belongs,
    ],
    [
      "storage: { filesystems: [{ device: /dev/disk/by-partlabel/flotilla-data, format: ext4 }] }",
      onDisk,
      belongs,
    ],
    [
      `storage: { disks: [{ device: ${bootDisk}, partitions: [{ number: 5, label: x }] }] }`,
      onPartition,
      "partition 5 of the boot disk (flotilla-data) follows from data in the fleet file.",
    ],
    [
      `storage: { disks: [{ device: ${bootDisk}, partitions: [{ number: 4, label: root, size_mib: 9000, resize: true }] }] }`,
      onPartition,
      "partition 4 of the boot disk (root) follows from data in the fleet file.",
    ],
    [
      `storage: { files: [{ path: ${path}/price-list.csv, contents: { inline: x } }] }`,
      onPartition,
      "is on the volume of data, which the next installation keeps",
    ],
  ])("%s", (snippet, profiles, message) => {
    expect(mistakesIn(snippet, profiles)).toContainEqual(expect.stringContaining(message));
    expect(mistakesIn(snippet)).toEqual([]);
  });

  test("a file that replaces itself, and a partition behind", () => {
    const file = `{ path: ${path}/x, overwrite: true, contents: { inline: x } }`;
    expect(mistakesIn(`storage: { files: [${file}] }`, onDisk)).toEqual([]);
  });
});
