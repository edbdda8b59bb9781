/** Ignition's rules for disks, arrays, encrypted volumes and file systems. */
import { type Check, type Find, findPath, isFilled, objectOf, objectsOf } from "./checks.ts";
import type { JsonObject } from "./json.ts";
import { firstOverlapping } from "./partition-overlap.ts";
import { mistakeInUrl } from "./url.ts";
import { since } from "./versions.ts";

export const checkDisk: Check = (disk, find) => {
  const { device } = disk;
  if (!isFilled(device)) {
    find(["device"], "disk device is required");
    return;
  }
  findPath(device, "device", find);
  const partitions = objectsOf(disk, "partitions");
  const report = (index: number | undefined, message: string) => {
    if (index !== undefined) find(["partitions", index], message);
  };
  report(firstRepeated(partitions.map(({ number }) => number)), "partition numbers collide");
  report(firstOverlapping(partitions), "partitions overlap");
  const removed = partitions.some(({ shouldExist }) => shouldExist === false);
  if (removed && partitions.some(({ number }) => number === undefined)) {
    const message =
      "shouldExist is false for a partition and other partition(s) has start or size 0";
    find(["partitions"], message);
  }
  const labels = partitions.map(({ label }) => label);
  report(firstRepeated(labels), "cannot use the same partition label twice");
};

function firstRepeated(values: readonly unknown[]): number | undefined {
  const seen = new Set<unknown>();
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    if (seen.has(value)) return index;
    seen.add(value);
  }
  return undefined;
}

const guidPattern = /^(|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/;
const partitionLabelBytesMax = 36;

export const checkPartition: Check = (partition, find) => {
  const { label, number, shouldExist, guid, typeGuid, startMiB, sizeMiB } = partition;
  const placed = label !== undefined || startMiB !== undefined || sizeMiB !== undefined;
  if (shouldExist === false && (placed || isFilled(typeGuid) || isFilled(guid))) {
    find([], "shouldExist specified false with other options also specified");
  }
  if (number === undefined && label === undefined) {
    find([], "a partition number >= 1 or a label must be specified");
  }
  if (typeof label === "string") {
    if (Buffer.byteLength(label) > partitionLabelBytesMax) {
      find(["label"], "partition labels may not exceed 36 characters");
    } else if (label.includes(":")) {
      find(["label"], "partition label will be truncated to text before the colon");
    }
  }
  for (const [name, value] of Object.entries({ guid, typeGuid })) {
    if (typeof value === "string" && !guidPattern.test(value)) {
      find([name], `doesn't match the form "01234567-89AB-CDEF-EDCB-A98765432101"`);
    }
  }
};

const levelsWithoutSpares: ReadonlySet<unknown> = new Set(["linear", "raid0", "0", "stripe"]);
const levelsWithSpares: ReadonlySet<unknown> = new Set(
  "raid1 1 mirror raid4 4 raid5 5 raid6 6 raid10 10".split(" "),
);

export const checkRaid: Check = ({ level, spares, devices }, find, version) => {
  const noLevel =
    version.minor < since.optionalLevel ? "unrecognized raid level" : "raid level is required";
  if (!isFilled(level)) find(["level"], noLevel);
  else if (levelsWithoutSpares.has(level)) {
    if (spares !== undefined && spares !== 0) {
      find(["level"], "spares unsupported for linear and raid0 arrays");
    }
  } else if (!levelsWithSpares.has(level)) find(["level"], "unrecognized raid level");
  const list = (devices ?? []) as readonly string[];
  if (list.length === 0) find(["devices"], "raid devices required");
  list.forEach((device, index) => findPath(device, "", atItem(find, index)));
};

/** Reports findings at the device with this index. */
function atItem(find: Find, index: number): Find {
  return (_, message, kind) => find(["devices", index], message, kind);
}

const formats: ReadonlySet<string> = new Set(["ext4", "btrfs", "xfs", "swap", "vfat", "none"]);

/** The longest label, by format. Other formats have no limit. */
const labelBytesMax: ReadonlyMap<string, number> = new Map([
  ["ext4", 16],
  ["btrfs", 256],
  ["xfs", 12],
  ["swap", 15],
  ["vfat", 11],
]);

export const checkFilesystem: Check = (filesystem, find, version) => {
  const { path, device, format, label } = filesystem;
  if (isFilled(path)) findPath(path, "path", find);
  findPath(device, "device", find);
  if (isFilled(format)) {
    const isKnown = formats.has(format) && (format !== "none" || version.minor >= since.formatNone);
    if (!isKnown) find(["format"], "invalid filesystem format");
  } else if (needsFormat(filesystem)) {
    const others = "path, label, uuid, wipeFilesystem, options, or mountOptions";
    find(["format"], `format cannot be empty when ${others} is specified`);
  }
  if (!isFilled(label)) return;
  if (!isFilled(format)) {
    find(["label"], "filesystem must specify format if label is specified");
    return;
  }
  const bytesMax = labelBytesMax.get(format);
  if (bytesMax !== undefined && Buffer.byteLength(label) > bytesMax) {
    const message = `filesystem labels cannot be longer than ${bytesMax} characters when using`;
    find(["label"], `${message} ${format}`);
  }
};

function needsFormat(filesystem: JsonObject): boolean {
  const { path, label, uuid, wipeFilesystem, options, mountOptions } = filesystem;
  const lists = [options, mountOptions] as readonly (readonly unknown[] | undefined)[];
  return (
    [path, label, uuid].some(isFilled) ||
    wipeFilesystem === true ||
    lists.some((list) => list !== undefined && list.length > 0)
  );
}

const volumeLabelBytesMax = 47;

export const checkLuks: Check = (luks, find, version) => {
  const { name, label, device } = luks;
  if (String(name ?? "").includes("/")) find(["name"], "device names cannot contain slashes");
  if (isFilled(label) && Buffer.byteLength(label) > volumeLabelBytesMax) {
    find(["label"], "luks device labels cannot be longer than 47 characters");
  }
  if (isFilled(device)) findPath(device, "device", find);
  else find(["device"], "disk device is required");
  const clevis = objectOf(luks, "clevis");
  const others =
    objectsOf(clevis, "tang").length > 0 ||
    clevis["tpm2"] === true ||
    (clevis["threshold"] !== undefined && clevis["threshold"] !== 0);
  const custom = isFilled(objectOf(clevis, "custom")["pin"]);
  if (custom && others) {
    find(["clevis"], "cannot use custom clevis config with tpm2, tang, or threshold");
  }
  const keySource = objectOf(luks, "keyFile")["source"];
  if (isFilled(keySource) && mistakeInUrl(keySource, version) !== undefined) {
    find(["keys"], "invalid key-file source");
  }
  if (objectOf(luks, "cex")["enabled"] !== true) return;
  if (custom || others) find(["cex"], "cannot use cex with clevis");
  if (isFilled(keySource)) find(["cex"], "cannot use key file with cex");
};
