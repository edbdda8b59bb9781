/** The disk that a device is installed on: a path, what the disk is like, or a mirror. */
import type { Mistake } from "../../grammar/mistakes.ts";
import type { MachineInput } from "../../grammar/machine-schemas.ts";
import type { DiskHint, InstallDisk } from "../../model/disk.ts";
import type { Inherited } from "./inherited.ts";
import { repeatedItems } from "./repeated.ts";

type DiskInput = NonNullable<MachineInput["disk"]>;
type HintInput = Exclude<DiskInput, string>;

const factors: Readonly<Record<string, number>> = {
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** `500G`, `465Gi`, with or without a B. */
export function sizeBytes(text: string): number {
  const [, number = "0", unit = "M"] = /^([0-9.]+)([MGT]i?)B?$/.exec(text) ?? [];
  return Math.round(Number(number) * (factors[unit] ?? 1));
}

/** What Fedora CoreOS needs, with room for an update and K3s. */
const diskMinBytes = 10e9;

/** Sizes as numbers; `only` if nothing says which one of several. */
export function resolvedDisk({ value }: Inherited<DiskInput>): InstallDisk {
  if (typeof value === "string") return value;
  const { mirror, choose = "only", sizeMin, sizeMax, type, model, serial, path } = value;
  if (mirror !== undefined) return { mirror };
  const hint: DiskHint = {
    choose,
    ...(sizeMin !== undefined && { sizeMinBytes: sizeBytes(sizeMin) }),
    ...(sizeMax !== undefined && { sizeMaxBytes: sizeBytes(sizeMax) }),
    ...(type !== undefined && { type }),
    ...(model !== undefined && { model }),
    ...(serial !== undefined && { serial }),
    ...(path !== undefined && { path }),
  };
  return hint;
}

export function diskMistakes(disk: Inherited<DiskInput>): Mistake[] {
  const { value } = disk;
  if (typeof value === "string") return [];
  return value.mirror === undefined ? hintMistakes(disk, value) : mirrorMistakes(disk, value);
}

function mirrorMistakes(disk: Inherited<DiskInput>, value: HintInput): Mistake[] {
  const { keyMistake } = disk;
  const { mirror = [], ...others } = value;
  const mistakes = Object.keys(others).map((key) => {
    const message = `mirror names its disks, and ${key} is for one disk that is chosen. Delete one of them.`;
    return keyMistake([key], message);
  });
  const [first] = mirror;
  if (mirror.length < 2) {
    const message =
      first === undefined
        ? "this list is empty. Write at least two disks."
        : `a mirror needs at least two disks, found one. Add a disk, or write disk: ${first}.`;
    mistakes.push(keyMistake(["mirror"], message));
  }
  const fix = "Write each disk once.";
  return [...mistakes, ...repeatedItems(disk, ["mirror"], mirror, { fix })];
}

function hintMistakes({ mistake }: Inherited<DiskInput>, hint: HintInput): Mistake[] {
  const { sizeMin, sizeMax } = hint;
  const mistakes: Mistake[] = [];
  if (sizeMax !== undefined && sizeBytes(sizeMax) < diskMinBytes) {
    const message = `found ${sizeMax}, and Fedora CoreOS needs a disk of at least 10G. Write a larger size.`;
    mistakes.push(mistake(["sizeMax"], message));
  } else if (
    sizeMin !== undefined &&
    sizeMax !== undefined &&
    sizeBytes(sizeMin) > sizeBytes(sizeMax)
  ) {
    const message = `found ${sizeMin}, which is larger than sizeMax, ${sizeMax}. No disk fits. Write a smaller size, or a larger sizeMax.`;
    mistakes.push(mistake(["sizeMin"], message));
  }
  for (const key of ["model", "serial", "path"] as const) {
    const pattern = hint[key];
    if (pattern === undefined) continue;
    if (/^[*?]+$/.test(pattern)) {
      const message = `"${pattern}" fits every disk. Write a part of the name, or delete this line.`;
      mistakes.push(mistake([key], message));
    } else if (key === "path" && /-part[0-9*?]*$/.test(pattern)) {
      const message = `"${pattern}" names a partition. Write the name of the whole disk, without -part.`;
      mistakes.push(mistake([key], message));
    }
  }
  return mistakes;
}
