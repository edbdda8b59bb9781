/** The disk that a device is installed on, and the one that holds its data. */

/** A path, `/dev/nvme0n1`; what the disk is like; or the disks of a mirror. */
export type InstallDisk = string | DiskHint | DiskMirror;

export const diskTypes = ["nvme", "ssd", "hdd", "mmc"] as const;

/** What the live system chooses a disk by. Everything that is present must fit. */
export interface DiskHint {
  /** Which one of several that fit. `only`: exactly one must fit. */
  readonly choose: "smallest" | "largest" | "only";
  readonly sizeMinBytes?: number;
  readonly sizeMaxBytes?: number;
  readonly type?: (typeof diskTypes)[number];
  /** A pattern with `*` and `?`, in which capitals do not matter; so are the next two. */
  readonly model?: string;
  readonly serial?: string;
  /** A name in /dev/disk/by-path. */
  readonly path?: string;
}

export interface DiskMirror {
  /** At least two paths. The installer writes to the first, and Ignition to all of them. */
  readonly mirror: readonly string[];
}

/** A file system besides the root's. */
export interface DataVolume {
  /** A path below /dev/disk. Null: a partition of the disk that the device starts from. */
  readonly disk: string | null;
  /** Size of the root, after which the partition begins. Null: `disk` is another disk. */
  readonly rootMiB: number | null;
  /** Where it is mounted, `/var/lib/till`. */
  readonly path: string;
  /** Whether an installation keeps what is on it. */
  readonly keep: boolean;
  readonly filesystem: "xfs" | "ext4";
}

/** The name of its partition, by which it is found again. */
export const dataPartitionLabel = "flotilla-data";

/** The disks that are known by their paths: none where the live system chooses one. */
export function disksOf(disk: InstallDisk): readonly string[] {
  if (typeof disk === "string") return [disk];
  return "mirror" in disk ? disk.mirror : [];
}

/** For people: `/dev/sda`, `the smallest disk of type ssd`. */
export function describeDisk(disk: InstallDisk): string {
  if (typeof disk === "string") return disk;
  if ("mirror" in disk) return disk.mirror.join(" and ");
  const { choose, sizeMinBytes, sizeMaxBytes, type, model, serial, path } = disk;
  const gigabytes = (bytes: number) => `${Number((bytes / 1e9).toFixed(1))} GB`;
  const rules = [
    type !== undefined && `of type ${type}`,
    sizeMinBytes !== undefined && `of at least ${gigabytes(sizeMinBytes)}`,
    sizeMaxBytes !== undefined && `of at most ${gigabytes(sizeMaxBytes)}`,
    model !== undefined && `of model ${model}`,
    serial !== undefined && `with serial number ${serial}`,
    path !== undefined && `at ${path}`,
  ].filter((rule) => rule !== false);
  return [`the ${choose} disk`, ...rules].join(" ");
}
