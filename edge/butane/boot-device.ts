/**
 * `boot_device`: the disks, arrays, volumes and file systems of a mirrored or encrypted boot disk.
 * Source: the partition layout of Fedora CoreOS images, as Butane documents it.
 */
import type { Json, JsonObject } from "./json.ts";
import type { Path } from "./node.ts";
import type { Origins } from "./origins.ts";
import { type Fields, fieldsIn, listIn } from "./source-checks.ts";

const typeGuids = {
  reserved: "8DA63339-0007-60C0-C436-083AC8230908",
  bios: "21686148-6449-6E6F-744E-656564454649",
  prep: "9E1A2D38-C612-4316-AA26-8B49521E5A8B",
  esp: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
} as const;

const sizesMiB = { reserved: 1, bios: 1, prep: 4, esp: 127, boot: 384 } as const;

type FirmwarePartition = keyof typeof typeGuids;

/** The first two partitions of each disk, by layout. */
const firmwarePartitions: Readonly<
  Record<string, readonly [FirmwarePartition, FirmwarePartition]>
> = {
  x86_64: ["bios", "esp"],
  aarch64: ["reserved", "esp"],
  ppc64le: ["prep", "reserved"],
};

/** The suffix of the boot disk's device, for layouts that do not find the disk by its label. */
const rootPartition: Readonly<Record<string, string>> = { "s390x-eckd": "2", "s390x-zfcp": "4" };

const source: Path = ["boot_device"];

/** The configuration that the user's is merged over, or undefined. */
export function bootDevice(configuration: Fields, origins: Origins): JsonObject | undefined {
  const device = fieldsIn(configuration, "boot_device");
  const luks = fieldsIn(device, "luks");
  const mirrored = listIn<string>(fieldsIn(device, "mirror"), "devices");
  const cex = fieldsIn(luks, "cex")["enabled"] === true;
  const encrypted = cex || luks["tpm2"] === true || listIn(luks, "tang").length > 0;
  if (!encrypted && mirrored.length === 0) return undefined;
  const layout = (device["layout"] ?? "x86_64") as string;
  const mirror = mirrored.length > 0 ? mirrorStorage(mirrored, layout, origins) : undefined;
  const onMirror = mirror && "/dev/md/md-root";
  const root = filesystem(
    { device: encrypted ? "/dev/mapper/root" : (onMirror ?? ""), format: "xfs", label: "root" },
    source,
    origins,
  );
  const partition = rootPartition[layout];
  const volumeDevice =
    partition === undefined
      ? (onMirror ?? "/dev/disk/by-partlabel/root")
      : `${String(luks["device"])}${partition}`;
  return {
    storage: present({
      disks: mirror?.disks,
      filesystems: [...(mirror?.filesystems ?? []), root],
      luks: encrypted ? [rootVolume(luks, volumeDevice, cex, origins)] : undefined,
      raid: mirror?.raid,
    }),
  };
}

interface MirrorStorage {
  readonly disks: readonly JsonObject[];
  readonly filesystems: readonly JsonObject[];
  readonly raid: readonly JsonObject[];
}

function mirrorStorage(
  devices: readonly string[],
  layout: string,
  origins: Origins,
): MirrorStorage {
  const [first, second] = firmwarePartitions[layout] ?? ["bios", "esp"];
  const disks: JsonObject[] = [];
  const filesystems: JsonObject[] = [];
  const mirrorPath = [...source, "mirror"];
  devices.forEach((device, index) => {
    const number = index + 1;
    const path = [...mirrorPath, "devices", index];
    const disk = {
      device,
      partitions: [
        firmwarePartition(first, number),
        firmwarePartition(second, number),
        { label: `boot-${number}`, sizeMiB: sizesMiB.boot },
        { label: `root-${number}` },
      ],
      wipeTable: true,
    };
    origins.set(disk, { path, whole: true });
    disks.push(disk);
    if (second !== "esp") return;
    const label = `esp-${number}`;
    const esp = { device: `/dev/disk/by-partlabel/${label}`, format: "vfat", label };
    filesystems.push(filesystem(esp, path, origins));
  });
  const boot = { device: "/dev/md/md-boot", format: "ext4", label: "boot" };
  filesystems.push(filesystem(boot, mirrorPath, origins));
  const raid = ["boot", "root"].map((name): JsonObject => {
    const members = devices.map((_, index) => `/dev/disk/by-partlabel/${name}-${index + 1}`);
    const array = { devices: members, level: "raid1", name: `md-${name}` };
    // The superblock is at the end, so that a BIOS boot loader need not know about the array.
    return name === "boot" ? { ...array, options: ["--metadata=1.0"] } : array;
  });
  for (const array of raid) origins.set(array, { path: mirrorPath, whole: true });
  return { disks, filesystems, raid };
}

function firmwarePartition(kind: FirmwarePartition, number: number): JsonObject {
  return { label: `${kind}-${number}`, sizeMiB: sizesMiB[kind], typeGuid: typeGuids[kind] };
}

function filesystem(fields: JsonObject, path: Path, origins: Origins): JsonObject {
  const made = { ...fields, wipeFilesystem: true };
  origins.set(made, { path, whole: true });
  return made;
}

function rootVolume(luks: Fields, device: string, cex: boolean, origins: Origins): JsonObject {
  const path = [...source, "luks"];
  const { discard, threshold, tpm2 } = luks as Readonly<Record<string, Json | undefined>>;
  const tang = listIn(luks, "tang").map((server) => {
    const { advertisement, thumbprint, url } = server as JsonObject;
    return present({ advertisement, thumbprint, url });
  });
  const unlocking = cex
    ? { enabled: true }
    : present({ tang: tang.length > 0 ? tang : undefined, threshold, tpm2 });
  const volume = present({
    [cex ? "cex" : "clevis"]: unlocking,
    device,
    discard,
    label: "luks-root",
    name: "root",
    wipeVolume: true,
  });
  origins.set(unlocking, { path });
  origins.set(volume, {
    path,
    parts: { device: [], label: [], name: [], wipeVolume: [], discard: ["discard"] },
  });
  return volume;
}

function present(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as JsonObject;
}
