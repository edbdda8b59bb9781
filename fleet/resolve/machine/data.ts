/** The volume for data that a device has besides its root. */
import type { Mistake } from "../../grammar/mistakes.ts";
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import { disksOf, type DataVolume, type InstallDisk } from "../../model/disk.ts";
import { sizeBytes } from "./disk.ts";
import type { Inherited } from "./inherited.ts";

type DataInput = NonNullable<MachineInput["data"]>;

const mebibyte = 2 ** 20;

/** Butane warns below it: Fedora CoreOS keeps two releases on its root. */
const rootMinMiB = 8192;

/** Folders that the system or Flotilla writes at each installation: none of them can be kept. */
const systemFolders: readonly string[] = [
  "/var/home/core",
  "/var/lib/flotilla",
  "/var/lib/rancher/k3s/agent/etc",
  "/var/lib/rancher/k3s/agent/images",
  "/var/lib/rancher/k3s/server",
  "/var/lib/rpm-ostree",
  "/var/lib/systemd",
  "/var/lock",
  "/var/roothome",
  "/var/run",
  "/var/tmp",
  "/var/usrlocal",
];

/** Undefined if a required key is missing. */
export function resolvedData({ value }: Inherited<DataInput>): DataVolume | undefined {
  const { disk = null, rootSize, path, keep = true, filesystem = "xfs" } = value;
  if (path === undefined || (disk === null && rootSize === undefined)) return undefined;
  const rootMiB = rootSize === undefined ? null : mebibytes(rootSize);
  return { disk, rootMiB, path, keep, filesystem };
}

const mebibytes = (size: string) => Math.floor(sizeBytes(size) / mebibyte);

export function dataMistakes(data: Inherited<DataInput>, disk: InstallDisk | undefined): Mistake[] {
  const { value, isWritten, keyMistake, mistake } = data;
  const { path } = value;
  const mistakes: Mistake[] = [];
  if (!isWritten(["path"])) {
    const message = `"path" is missing. Write the folder that the data is in, like path: /var/lib/till.`;
    mistakes.push(keyMistake([], message));
  }
  if (!isWritten(["disk"]) && !isWritten(["rootSize"])) {
    const message = `"disk" is missing. Write another disk, like /dev/disk/by-id/ata-…, or rootSize: 32Gi for a partition of the boot disk.`;
    mistakes.push(keyMistake([], message));
  }
  const message = path === undefined ? undefined : pathMistake(path);
  if (message !== undefined) mistakes.push(mistake(["path"], message));
  return [...mistakes, ...placeMistakes(data, disk)];
}

function placeMistakes(
  { value: { disk: other, rootSize }, mistake, keyMistake }: Inherited<DataInput>,
  disk: InstallDisk | undefined,
): Mistake[] {
  const mistakes: Mistake[] = [];
  const mirror = typeof disk === "object" && "mirror" in disk ? disk.mirror : [];
  if (other !== undefined && disk !== undefined && disksOf(disk).includes(other)) {
    const message = `Fedora CoreOS is installed on ${other}, which erases it. Write another disk, or rootSize instead of disk.`;
    mistakes.push(mistake(["disk"], message));
  }
  if (rootSize === undefined) return mistakes;
  if (other !== undefined) {
    const message =
      "rootSize is for data on the boot disk, and disk names another one. Delete one of them.";
    return [...mistakes, keyMistake(["rootSize"], message)];
  }
  if (mebibytes(rootSize) < rootMinMiB) {
    const message = `found ${rootSize}, and the root of Fedora CoreOS needs at least 8Gi. Write a larger size.`;
    return [...mistakes, mistake(["rootSize"], message)];
  }
  if (mirror.length > 0) {
    const message =
      "a mirror erases its disks at each installation, so no partition of them is kept. Write disk with another disk instead.";
    return [...mistakes, keyMistake(["rootSize"], message)];
  }
  const largest = typeof disk === "object" && "choose" in disk ? disk.sizeMaxBytes : undefined;
  if (largest !== undefined && sizeBytes(rootSize) >= largest) {
    const message = `found ${rootSize}, and the disk has at most its sizeMax: no room is left for data. Write a smaller size.`;
    mistakes.push(mistake(["rootSize"], message));
  }
  return mistakes;
}

function pathMistake(path: string): string | undefined {
  const inside = (inner: string, outer: string) => `${inner}/`.startsWith(`${outer}/`);
  const above = systemFolders.find((folder) => inside(folder, path));
  if (above !== undefined && above !== path) {
    return `${path} contains ${above}, which each installation writes again. Write a folder that is only for data, like /var/lib/till.`;
  }
  const below = systemFolders.find((folder) => inside(path, folder));
  if (below === undefined) return undefined;
  return `${below} belongs to the system, and each installation writes it again. Write a folder that is only for data, like /var/lib/till.`;
}
