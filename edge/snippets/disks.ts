/** Disks, arrays, volumes and file systems of a snippet beside the boot disk of the device. */
import { objectOf, objectsOf } from "../butane/checks.ts";
import type { JsonObject } from "../butane/json.ts";
import type { Path } from "../butane/node.ts";
import type { Finding, OwnSystem, Rule } from "./own-system.ts";

const bootDisk = "/dev/disk/by-id/coreos-boot-disk";

/** The partitions of Fedora CoreOS: firmware, firmware, `/boot`, and the root. */
const rootNumber = 4;

export const checkDisks: Rule = (config, own) => {
  const storage = objectOf(config, "storage");
  const ownDisks = objectsOf(objectOf(own.config, "storage"), "disks");
  const mirrored = objectsOf(storage, "raid").some(({ name }) => name === "md-root");
  return objectsOf(storage, "disks").flatMap((disk, index): readonly Finding[] => {
    const at: Path = ["storage", "disks", index];
    const other = ownDisks.find(({ device }) => device === disk["device"]);
    if (other !== undefined && other["device"] !== bootDisk) {
      const message = `${String(disk["device"])} belongs to the disk or the data that the fleet file declares for this device. Write another disk.`;
      return [{ path: [...at, "device"], message }];
    }
    if (disk["device"] !== bootDisk && !own.disks.includes(String(disk["device"]))) return [];
    // Butane's mirror partitions the whole disk again; Ignition keeps the root's files meanwhile.
    if (disk["wipeTable"] === true && mirrored) return [];
    if (disk["wipeTable"] === true) {
      const message = `${String(disk["device"])} is the disk that Fedora CoreOS starts from, and wipe_table deletes it. Delete wipe_table; add partitions from number 5 on.`;
      return [{ path: [...at, "device"], message }];
    }
    const ownPartitions = other === undefined ? [] : objectsOf(other, "partitions");
    return objectsOf(disk, "partitions").flatMap((partition, number): readonly Finding[] => {
      const message = mistakeInPartition(partition) ?? mistakeBeside(partition, ownPartitions);
      return message === undefined ? [] : [{ path: [...at, "partitions", number], message }];
    });
  });
};

const systemLabels: ReadonlySet<unknown> = new Set(["BIOS-BOOT", "EFI-SYSTEM", "boot", "reserved"]);

function mistakeInPartition(partition: JsonObject): string | undefined {
  const { number, label, shouldExist } = partition;
  const isRoot = number === rootNumber || (number === undefined && label === "root");
  const isSystems =
    (typeof number === "number" && number > 0 && number < rootNumber) || systemLabels.has(label);
  const what = number === undefined ? `partition ${String(label)}` : `partition ${String(number)}`;
  if (isSystems) {
    return `${what} of the boot disk is Fedora CoreOS' own. Add partitions from number 5 on.`;
  }
  if (isRoot && (shouldExist === false || (label !== undefined && label !== "root"))) {
    return `${what} of the boot disk is the root of Fedora CoreOS. Keep it, with label: root; resize and size_mib are yours.`;
  }
  if (!isRoot && label === "root") {
    return `a second partition with the label root hides the root of Fedora CoreOS. Write another label.`;
  }
  return undefined;
}

/** The partitions by their labels, of the partition and of its file system. */
const systemDevices =
  /^\/dev\/disk\/by-(?:partlabel|label)\/(?:BIOS-BOOT|EFI-SYSTEM|boot|reserved|root)$/;
const systemNumber = /^(?:-part|p)?[1-4]$/;

/** Whether a device is the boot disk as a whole, or one of the partitions of Fedora CoreOS. */
function isOfSystem(device: unknown, own: OwnSystem): boolean {
  if (typeof device !== "string") return false;
  const disk = [bootDisk, ...own.disks].find((each) => device.startsWith(each));
  const rest = disk === undefined ? undefined : device.slice(disk.length);
  return systemDevices.test(device) || rest === "" || systemNumber.test(rest ?? "x");
}

/** File systems, volumes and arrays on what Fedora CoreOS starts from. */
export const checkBootDevices: Rule = (config, own) => {
  const storage = objectOf(config, "storage");
  const mirrored = objectsOf(storage, "raid").some(({ name }) => name === "md-root");
  if (mirrored) return [];
  const found: Finding[] = [];
  const check = (device: unknown, path: Path, remedy: string) => {
    if (!isOfSystem(device, own)) return;
    const message = `${String(device)} is the disk that Fedora CoreOS starts from, or a partition of it, and this deletes what is on it. ${remedy}`;
    found.push({ path: ["storage", ...path], message });
  };
  const another = "Write another device, as a partition from number 5 on.";
  objectsOf(storage, "filesystems").forEach((filesystem, index) => {
    const { device, label, path, wipeFilesystem } = filesystem;
    const isMounted =
      path === "/boot" && wipeFilesystem !== true && /-?label\/boot$/.test(String(device));
    if (isMounted || (label === "root" && /-?label\/root$/.test(String(device)))) return;
    check(device, ["filesystems", index, "device"], another);
  });
  objectsOf(storage, "luks").forEach(({ name, device }, index) => {
    if (name === "root" && device === rootDevice) return;
    check(device, ["luks", index, "device"], another);
  });
  objectsOf(storage, "raid").forEach(({ devices }, index) => {
    const list = Array.isArray(devices) ? (devices as readonly unknown[]) : [];
    list.forEach((device, number) => {
      check(device, ["raid", index, "devices", number], another);
    });
  });
  return found;
};

/** Volumes that the program of Ignition for Clevis refuses. */
export const checkVolumes: Rule = (config) =>
  objectsOf(objectOf(config, "storage"), "luks").flatMap(
    ({ clevis }, index): readonly Finding[] => {
      if (typeof clevis !== "object" || clevis === null) return [];
      const { custom, tang, threshold, tpm2 } = clevis as JsonObject;
      const at: Path = ["storage", "luks", index, "clevis"];
      const pins = (Array.isArray(tang) ? tang.length : 0) + (tpm2 === true ? 1 : 0);
      if (typeof threshold === "number" && threshold > Math.max(pins, 1)) {
        const message = `${pins} of tang and tpm2 are here, so ${threshold} can never unlock the volume. Write at most ${Math.max(pins, 1)}.`;
        return [{ path: [...at, "threshold"], message }];
      }
      const text = objectOf(clevis as JsonObject, "custom")["config"];
      if (custom === undefined || typeof text !== "string" || isJsonObject(text)) return [];
      const message = "expected a JSON object, as clevis-luks-bind takes it. Write one.";
      return [{ path: [...at, "custom", "config"], message }];
    },
  );

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** The root of a fixed size and the partition for data, which Ignition would merge with this one. */
function mistakeBeside(
  { number, label }: JsonObject,
  ownPartitions: readonly JsonObject[],
): string | undefined {
  const same = ownPartitions.find(
    (each) =>
      (number !== undefined && each["number"] === number) ||
      (label !== undefined && each["label"] === label),
  );
  if (same === undefined) return undefined;
  return `partition ${String(same["number"])} of the boot disk (${String(same["label"])}) follows from data in the fleet file. Write another number and label, or delete data.`;
}

const rootDevice = "/dev/disk/by-partlabel/root";
const rootVolume = "/dev/mapper/root";

/** The encryption of the profile, and a snippet's own boot disk: Ignition does not make one of both. */
export const checkBootVolume: Rule = (config, own) => {
  const [storage, ownStorage] = [objectOf(config, "storage"), objectOf(own.config, "storage")];
  const mirrored = objectsOf(ownStorage, "raid").length > 0;
  if (objectsOf(ownStorage, "luks").length === 0 && !mirrored) return [];
  const message = mirrored ? besideMirror : besideEncryption;
  const found: Finding[] = [];
  const refuse = (list: string, index: number, field: string) => {
    found.push({ path: ["storage", list, index, field], message });
  };
  objectsOf(storage, "raid").forEach(({ name }, index) => {
    if (name === "md-root" || name === "md-boot") refuse("raid", index, "name");
  });
  objectsOf(storage, "luks").forEach(({ name, device }, index) => {
    if (name === "root" || device === rootDevice) refuse("luks", index, "name");
  });
  objectsOf(storage, "filesystems").forEach(({ device, label }, index) => {
    if (device === rootVolume || device === rootDevice || label === "root") {
      refuse("filesystems", index, "device");
    }
  });
  return found;
};

const besideMirror =
  "disk of the fleet file is a mirror and already makes the root, and Ignition does not put it onto the disks, the volume or the file system here. Delete this, and write encryption: tpm2 into the profile to encrypt the mirror.";

const besideEncryption =
  `encryption: tpm2 of the profile already makes the root, and Ignition does not put it onto the disks, the volume or the file system here. ` +
  `Delete this. For a mirror, write disk: { mirror: [/dev/sda, /dev/sdb] } beside encryption.`;

/** What only all snippets together show: file systems and partitions with the same name in different snippets. */
export function mistakesOnDisks(merged: JsonObject): readonly Finding[] {
  const storage = objectOf(merged, "storage");
  const found: Finding[] = [];
  const labels = new Map<string, string>();
  objectsOf(storage, "filesystems").forEach(({ label, device }, index) => {
    if (label !== "root" && label !== "boot") return;
    const other = labels.get(label);
    labels.set(label, String(device));
    if (other === undefined) return;
    const message = `${other} and ${String(device)} both have the label ${label}, and the system starts from one of them. Write one boot_device in one snippet, with luks and mirror in it.`;
    found.push({ path: ["storage", "filesystems", index, "device"], message });
  });
  const devices = new Map<string, string>();
  objectsOf(storage, "disks").forEach((disk, index) => {
    objectsOf(disk, "partitions").forEach(({ label, shouldExist }, number) => {
      if (typeof label !== "string" || label === "" || shouldExist === false) return;
      const other = devices.get(label);
      devices.set(label, String(disk["device"]));
      if (other === undefined || other === disk["device"]) return;
      const message = `${other} and ${String(disk["device"])} both have a partition with the label ${label}, so /dev/disk/by-partlabel/${label} is one of them by chance. Write another label.`;
      found.push({ path: ["storage", "disks", index, "partitions", number, "label"], message });
    });
  });
  return found;
}

/** Butane's layout is the architecture; without one it is x86_64. */
export function mistakeInLayout(bootDevice: unknown, own: OwnSystem): string | undefined {
  if (typeof bootDevice !== "object" || bootDevice === null) return undefined;
  const { layout, mirror } = bootDevice as Readonly<Record<string, unknown>>;
  if (layout === undefined && mirror === undefined) return undefined;
  const written = layout ?? "x86_64";
  if (written === own.architecture) return undefined;
  return `expected layout: ${own.architecture}, as the profile's architecture, found ${layout === undefined ? "none, which means x86_64" : JSON.stringify(layout)}.`;
}
