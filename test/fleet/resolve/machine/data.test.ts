/** The volume for data: what is meant, and what is wrong with it. */
import { expect, test } from "vitest";
import { devicesOf, mistakesOf } from "./machine-fleet.ts";

const volumes = (levels: Parameters<typeof devicesOf>[0]) =>
  devicesOf(levels).map(({ machine }) => machine?.data);

test("levels are merged, and the rest has its default", () => {
  const disk = "/dev/disk/by-id/ata-SSD_1";
  const levels = {
    profile: "data: { path: /var/lib/till, filesystem: ext4 }",
    range: `data: { disk: ${disk} }`,
    override: "data: { keep: false }",
  };
  const first = { disk, rootMiB: null, path: "/var/lib/till", keep: true, filesystem: "ext4" };
  expect(volumes(levels)).toEqual([first, { ...first, keep: false }]);
  const onBootDisk = { ...first, disk: null, rootMiB: 32_768, filesystem: "xfs" };
  expect(volumes({ range: "data: { path: /var/lib/till, rootSize: 32Gi }" })).toEqual([
    onBootDisk,
    onBootDisk,
  ]);
});

const other = "disk: /dev/disk/by-id/ata-B";
const unstable = (path: string) =>
  `.disk: "${path}" is not a name of a whole disk that stays the same. Write one in /dev/disk/by-id or /dev/disk/by-path, like /dev/disk/by-id/ata-….`;
const folder = (path: string) =>
  `.path: "${path}" is not a valid folder for data. Write one in /var, where Fedora CoreOS keeps data, like /var/lib/till.`;

test.each([
  [
    `{ ${other} }`,
    ': "path" is missing. Write the folder that the data is in, like path: /var/lib/till.',
  ],
  [
    "{ path: /var/lib/till, keep: true }",
    ': "disk" is missing. Write another disk, like /dev/disk/by-id/ata-…, or rootSize: 32Gi for a partition of the boot disk.',
  ],
  ["{ path: /var/lib/till, disk: /dev/sdb }", unstable("/dev/sdb")],
  [
    "{ path: /var/lib/till, disk: /dev/disk/by-id/ata-B-part1 }",
    unstable("/dev/disk/by-id/ata-B-part1"),
  ],
  [
    "{ path: /var/lib/till, disk: /dev/disk/by-partlabel/data }",
    unstable("/dev/disk/by-partlabel/data"),
  ],
  [
    "{ path: /var/lib/till, disk: { choose: largest } }",
    ".disk: a disk for data cannot be chosen by a description, because it is kept. Write its name in /dev/disk/by-id or /dev/disk/by-path.",
  ],
  [
    "{ path: /var/lib/till, disk: /dev/disk/by-id/ata-A }",
    ".disk: Fedora CoreOS is installed on /dev/disk/by-id/ata-A, which erases it. Write another disk, or rootSize instead of disk.",
  ],
  [
    `{ path: /var/lib/till, ${other}, rootSize: 32Gi }`,
    ".rootSize: rootSize is for data on the boot disk, and disk names another one. Delete one of them.",
  ],
  [
    "{ path: /var/lib/till, rootSize: 4Gi }",
    ".rootSize: found 4Gi, and the root of Fedora CoreOS needs at least 8Gi. Write a larger size.",
  ],
  [
    "{ path: /var/lib/till, rootSize: 32 }",
    ".rootSize: the unit of this size is missing. Write a number and a unit, like 500G (as disks are sold) or 465Gi (1024³ bytes).",
  ],
  [`{ path: /data, ${other} }`, folder("/data")],
  [`{ path: /var/lib/../x, ${other} }`, folder("/var/lib/../x")],
  [`{ path: /var/lib/till/, ${other} }`, folder("/var/lib/till/")],
  [
    `{ path: /var/lib, ${other} }`,
    ".path: /var/lib contains /var/lib/flotilla, which each installation writes again. Write a folder that is only for data, like /var/lib/till.",
  ],
  [
    `{ path: /var/lib/rancher, ${other} }`,
    ".path: /var/lib/rancher contains /var/lib/rancher/k3s/agent/etc, which each installation writes again. Write a folder that is only for data, like /var/lib/till.",
  ],
  [
    `{ path: /var/lib/rancher/k3s/server/db, ${other} }`,
    ".path: /var/lib/rancher/k3s/server belongs to the system, and each installation writes it again. Write a folder that is only for data, like /var/lib/till.",
  ],
  [
    `{ path: /var/lib/till, ${other}, filesystem: btrfs }`,
    '.filesystem: found "btrfs". Write one of: xfs, ext4.',
  ],
  [`{ path: /var/lib/till, ${other}, keep: yes }`, '.keep: found "yes". Write true or false.'],
  [`{ path: /var/lib/till, ${other}, kep: true }`, '.kep: unknown key "kep". Did you mean keep?'],
])("data: %s", (written, expected) => {
  const levels = { disk: "/dev/disk/by-id/ata-A", range: `data: ${written}` };
  const found = mistakesOf(levels).map((line) =>
    line.replace(/^15:\d+: devices\.till-\{1\.\.2\}\.data/, ""),
  );
  expect(found).toEqual([expected]);
});

test.each([
  [
    "{ mirror: [/dev/sda, /dev/sdb] }",
    "a mirror erases its disks at each installation, so no partition of them is kept. Write disk with another disk instead.",
  ],
  [
    "{ sizeMax: 32G }",
    "found 32Gi, and the disk has at most its sizeMax: no room is left for data. Write a smaller size.",
  ],
])("on the boot disk %s", (disk, expected) => {
  const range = "data: { path: /var/lib/till, rootSize: 32Gi }";
  expect(mistakesOf({ disk, range })).toEqual([
    expect.stringMatching(/^15:\d+: devices\.till-\{1\.\.2\}\.data\.rootSize: /),
  ]);
  expect(mistakesOf({ disk, range })[0]).toContain(expected);
});

test.each(["/var/lib/rancher/k3s/storage", "/var/lib/containers", "/var/srv/shop", "/var/till"])(
  "%s can be kept",
  (path) => {
    expect(mistakesOf({ range: `data: { path: ${path}, ${other} }` })).toEqual([]);
  },
);
