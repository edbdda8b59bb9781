/**
 * Inspects a disk in /sys and /proc of Linux, and decides whether it may be erased: only a whole disk
 * that nothing uses.
 */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { formatBytes } from "../terminal/progress.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

export interface Disk {
  /** Path of its device node, without links. */
  readonly path: string;
  /** Its name in the kernel, `sdb`. */
  readonly name: string;
  /** Its number in the kernel, `major:minor`. */
  readonly number: string;
  readonly sizeBytes: number;
  /** Vendor and model; undefined if unknown, as the serial number. */
  readonly model: string | undefined;
  readonly serial: string | undefined;
}

/** Access to the kernel; tests have their own. */
export interface Kernel {
  /** The folder that has `sys` and `proc`. */
  readonly root: string;
  /** The `major:minor` of a block device's node; undefined for anything else. */
  readonly numberOf: (path: string) => string | undefined;
}

export const runningKernel: Kernel = {
  root: "/",
  numberOf(path) {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isBlockDevice() ? deviceNumber(status.rdev) : undefined;
  },
};

/** `major:minor` from a number as stat(2) of Linux packs it. */
export function deviceNumber(packed: number): string {
  const major = Math.floor(packed / 2 ** 8) % 2 ** 12;
  const minor = (packed % 2 ** 8) + Math.floor(packed / 2 ** 20) * 2 ** 8;
  return `${major}:${minor}`;
}

/** The unit of sizes in /sys, independent of the disk's own sectors. */
const sectorBytes = 512;

/** Mount points of a running system. */
const systemPlaces: ReadonlySet<string> = new Set(
  "/ /boot /boot/efi /efi /usr /etc /var /sysroot /home".split(" "),
);

/**
 * Inspects the disk at `path`.
 *
 * @throws InputError with every reason why it must not be erased
 */
export function inspectDisk(path: string, kernel: Kernel = runningKernel): Disk {
  const number = kernel.numberOf(path);
  if (number === undefined) throw refusal(path, [noDisk(path, kernel)]);
  const sys = linkTarget(join(kernel.root, "sys/dev/block", number));
  if (sys === undefined) throw refusal(path, ["the kernel does not know this device"]);
  if (read(join(sys, "partition")) !== undefined) {
    const whole = basename(dirname(sys));
    throw refusal(path, [`this is a partition. Give the whole disk: /dev/${whole}`]);
  }
  const sizeBytes = Number(read(join(sys, "size")) ?? 0) * sectorBytes;
  const reasons: string[] = [];
  if (sizeBytes === 0) reasons.push("it has no medium");
  if (read(join(sys, "ro")) === "1") {
    reasons.push("it is read-only: look for a switch on the stick or the card");
  }
  reasons.push(...uses(sys, number, kernel));
  if (reasons.length > 0) throw refusal(path, reasons);
  const vendor = read(join(sys, "device/vendor")) ?? "";
  const model = `${vendor} ${read(join(sys, "device/model")) ?? ""}`.trim();
  return {
    path: linkTarget(path) ?? path,
    name: basename(sys),
    number,
    sizeBytes,
    model: model || read(join(sys, "loop/backing_file")) || undefined,
    serial: read(join(sys, "device/serial")) || read(join(sys, "serial")) || undefined,
  };
}

function noDisk(path: string, kernel: Kernel): string {
  const status = statSync(path, { throwIfNoEntry: false });
  const disks = disksOf(kernel);
  const here = disks.length > 0 ? `Disks here: ${disks.join(", ")}` : "No disk was found";
  if (status === undefined) return `it does not exist. ${here}`;
  return status.isFile()
    ? `this is a file, not a disk. To write an image to a file: ${flotillaCommand("image")}`
    : `this is not a disk. ${here}`;
}

/** Disks with a medium, each with its model and size. */
function disksOf(kernel: Kernel): readonly string[] {
  const folder = join(kernel.root, "sys/block");
  return list(folder)
    .filter((name) => !/^(dm-|loop|md|nbd|ram|zram|sr)/.test(name))
    .flatMap((name) => {
      const sizeBytes = Number(read(join(folder, name, "size")) ?? 0) * sectorBytes;
      const model = [read(join(folder, name, "device/model")), formatBytes(sizeBytes)];
      return sizeBytes > 0 ? [`/dev/${name} (${model.filter(Boolean).join(", ")})`] : [];
    });
}

function refusal(path: string, reasons: readonly string[]): InputError {
  return new InputError(reasons.map((message) => ({ file: path, message })));
}

/** All uses of the disk or one of its partitions by the running system. */
function uses(sys: string, number: string, kernel: Kernel): string[] {
  const partitions = list(sys).filter((name) => read(join(sys, name, "partition")) !== undefined);
  const places = [sys, ...partitions.map((name) => join(sys, name))];
  const numbers = new Map(places.map((place) => [read(join(place, "dev")) ?? "", basename(place)]));
  const members = list(join(sys, "slaves"));
  if (systemDisks(kernel).has(number)) return ["the running system is on this disk"];
  return [
    ...mounts(kernel).flatMap(({ device, target }) => {
      const part = numbers.get(device);
      return part === undefined ? [] : [`${part} is mounted at ${target}. Unmount it: umount`];
    }),
    ...swaps(kernel).flatMap((device) => {
      const part = numbers.get(device);
      return part === undefined ? [] : [`${part} is used as swap. Stop it: swapoff`];
    }),
    ...places.flatMap((place) =>
      list(join(place, "holders")).map((holder) => {
        const name = read(join(place, "holders", holder, "dm/name")) ?? holder;
        return `${basename(place)} is a part of ${name} (LVM, RAID or encryption). Stop it first`;
      }),
    ),
    ...(members.length > 0
      ? [`it is made of ${members.join(", ")} (LVM, RAID or encryption). Give one of these disks`]
      : []),
  ];
}

interface Mount {
  /** `major:minor`. */
  readonly device: string;
  readonly target: string;
}

/** Mounts of this process and of process 1: a container sees only its own mounts. */
function mounts(kernel: Kernel): Mount[] {
  const texts = ["self", "1"].map((id) => read(join(kernel.root, "proc", id, "mountinfo")) ?? "");
  const found = new Map<string, Mount>();
  // proc(5): id, parent, major:minor, root, mount point, options, …, -, type, source, options.
  for (const line of texts.join("\n").split("\n")) {
    const fields = line.split(" ");
    const [, , device, , mountPoint] = fields;
    if (device === undefined || mountPoint === undefined) continue;
    const source = unescaped(fields[fields.indexOf("-") + 2] ?? "");
    // btrfs has its own numbers; its source is the node of one of its disks.
    const known = source.startsWith("/") ? (kernel.numberOf(source) ?? device) : device;
    const target = unescaped(mountPoint);
    found.set(`${known} ${target}`, { device: known, target });
  }
  return [...found.values()];
}

function swaps(kernel: Kernel): string[] {
  const lines = (read(join(kernel.root, "proc/swaps")) ?? "").split("\n").slice(1);
  return lines
    .map((line) => kernel.numberOf(unescaped(line.split(/\s/)[0] ?? "")))
    .filter((number) => number !== undefined);
}

/** The numbers of every device that the running system is on, down to the whole disks. */
function systemDisks(kernel: Kernel): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (place: string | undefined): void => {
    const number = place === undefined ? undefined : read(join(place, "dev"));
    if (place === undefined || number === undefined || found.has(number)) return;
    found.add(number);
    if (read(join(place, "partition")) !== undefined) visit(dirname(place));
    for (const name of list(join(place, "slaves"))) visit(linkTarget(join(place, "slaves", name)));
  };
  for (const { device, target } of mounts(kernel)) {
    if (systemPlaces.has(target)) visit(linkTarget(join(kernel.root, "sys/dev/block", device)));
  }
  return found;
}

/** Spaces and other special characters are octal in /proc. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}

/** The contents of a file of the kernel; undefined if it can't be read. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path).toSorted();
  } catch {
    return [];
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
