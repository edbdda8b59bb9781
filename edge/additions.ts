/** What parts add to a device: what is wrong with it, what it is called in messages, and where it was added. */
import type { Construct } from "constructs";
import type { ButaneConfig } from "./butane/config.ts";

/** What only one part can add. */
export type Kind =
  "path" | "unit" | "user" | "setting" | "disk" | "filesystem" | "installer keyfile";

export interface Addition {
  readonly kind: Kind;
  /** The path, the name or the block device. */
  readonly name: string;
}

/** What a part needs from another one. */
export interface Requirement {
  readonly part: Construct;
  readonly kind: Kind;
  readonly name: string;
  /** The construct that adds it. */
  readonly from: string;
}

/** What an installation does not erase. */
export interface KeptData {
  /** A disk other than the one that Fedora CoreOS is installed on. */
  readonly disk?: string;
  /** Whether what is on that disk is kept: the installer refuses a file system without a partition. @default false */
  readonly isKept?: boolean;
  /** The label of a partition on the disk that Fedora CoreOS is installed on. */
  readonly partitionLabel?: string;
}

/** The mistakes of a device, and the additions that have them. */
export class DeviceError extends Error {
  readonly additions: readonly Addition[];

  constructor(message: string, additions: readonly Addition[]) {
    super(message);
    this.additions = additions;
  }
}

/** The stacks of additions, while they are wanted: making them for every device would take seconds. */
let stacks: Map<string, Error> | undefined;

const keyOf = ({ kind, name }: Addition) => `${kind} ${name}`;

export function noteAddition(addition: Addition): void {
  stacks?.set(keyOf(addition), new Error("it is added here"));
}

/**
 * Finds where something was added last.
 *
 * @param make makes the device again
 */
export function stackOfAddition(make: () => unknown, addition: Addition): string | undefined {
  stacks = new Map();
  try {
    make();
    return stacks.get(keyOf(addition))?.stack;
  } finally {
    stacks = undefined;
  }
}

/** The lists of a configuration, with what their entries are. */
const lists: Readonly<Record<string, readonly [kind: Kind, key: string]>> = {
  "storage.directories": ["path", "path"],
  "storage.files": ["path", "path"],
  "storage.links": ["path", "path"],
  "storage.disks": ["disk", "device"],
  "storage.filesystems": ["filesystem", "device"],
  "systemd.units": ["unit", "name"],
  "passwd.users": ["user", "name"],
};

/**
 * What a path of Butane's report is about, such as `$.storage.files.29.mode`: parts know no numbers.
 * Undefined if no part added it.
 */
export function additionAt(
  config: ButaneConfig,
  path: string,
): (Addition & { readonly field: string }) | undefined {
  const [, section = "", list = "", index = "", ...field] = path.split(".");
  const [kind, key] = lists[`${section}.${list}`] ?? [];
  if (kind === undefined || key === undefined) return undefined;
  const entries = (config as unknown as Record<string, Record<string, readonly unknown[]>>)[
    section
  ];
  const entry = entries?.[list]?.[Number(index)] as Readonly<Record<string, unknown>> | undefined;
  return entry && { kind, name: String(entry[key]), field: field.join(".") };
}

/** The order of additions. */
export const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name < b.name ? -1 : 1;
export const byPath = (a: { readonly path: string }, b: { readonly path: string }) =>
  a.path < b.path ? -1 : 1;

/** A path that is below a file of another, or of the same, part: only directories have something below. */
export function pathsBelowFiles(
  paths: Iterable<string>,
  files: ReadonlySet<string>,
): readonly (readonly [path: string, file: string])[] {
  return [...paths].flatMap((path) => {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const above = path.slice(0, end);
      if (files.has(above)) return [[path, above] as const];
    }
    return [];
  });
}
