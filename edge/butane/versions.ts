/**
 * The versions of Butane's Fedora CoreOS variant and the Ignition version that each one becomes.
 *
 * One translator serves all of them: each field of the schema, and each rule below, has the minor
 * version that introduced it.
 */

export interface Version {
  /** 5 for Butane fcos 1.5.0. */
  readonly minor: number;
  /** The value of `ignition.version` in the output. */
  readonly ignition: string;
  /** The name of this version's types in butane's errors. */
  readonly packages: { readonly base: string; readonly fcos: string };
}

/** The first minor version of each rule. */
export const since = {
  /** Contents, configurations and certificates share one type. */
  resources: 1,
  /** Hashes may be SHA-256. */
  sha256: 1,
  /** Locations in Google Cloud Storage. */
  googleStorage: 2,
  /** Contents have `compression`. */
  compression: 1,
  /** Any Clevis pin is allowed; earlier, only a fixed list. */
  anyClevisPin: 7,
  /** File systems that are mounted but not created. */
  formatNone: 4,
  /** Mount units for swap. */
  swapUnits: 4,
  /** A link without a target is reported. */
  optionalTarget: 4,
  /** A RAID without a level is reported. */
  optionalLevel: 4,
  /** Partitions need a number, except on the boot disk; mount units must be under /etc or /var. */
  bootDiskRules: 6,
  /** Layouts of s390x. */
  mainframes: 6,
  /** A mirror without a layout is an error; earlier, a warning. */
  mirrorNeedsLayout: 7,
  /** The boot disk's volume needs a way to unlock it. */
  unlockingMethod: 7,
  /** Setuid, setgid and sticky bits work. */
  specialModeBits: 7,
  /** S3 locations may be ARNs and have the version of an object. */
  objectVersions: 5,
  /** Warnings for roots too small for updates. */
  rootSize: 3,
  /** Containers for Podman under systemd. */
  quadlets: 8,
} as const;

interface VersionRow {
  readonly name: string;
  readonly ignition: string;
  readonly base: string;
  readonly fcos: string;
}

/** Sorted by minor version. */
const rows: readonly VersionRow[] = [
  { name: "1.0.0", ignition: "3.0.0", base: "v0_1", fcos: "v1_0" },
  { name: "1.1.0", ignition: "3.1.0", base: "v0_2", fcos: "v1_1" },
  { name: "1.2.0", ignition: "3.2.0", base: "v0_3", fcos: "v1_2" },
  { name: "1.3.0", ignition: "3.2.0", base: "v0_3", fcos: "v1_3" },
  { name: "1.4.0", ignition: "3.3.0", base: "v0_4", fcos: "v1_4" },
  { name: "1.5.0", ignition: "3.4.0", base: "v0_5", fcos: "v1_5" },
  { name: "1.6.0", ignition: "3.5.0", base: "v0_6", fcos: "v1_6" },
  { name: "1.7.0", ignition: "3.6.0", base: "v0_7", fcos: "v1_7" },
  {
    name: "1.8.0-experimental",
    ignition: "3.7.0-experimental",
    base: "v0_8_exp",
    fcos: "v1_8_exp",
  },
];

const versions: ReadonlyMap<string, Version> = new Map(
  rows.map(({ name, ignition, base, fcos }, minor) => [
    name,
    { minor, ignition, packages: { base, fcos } },
  ]),
);

export function versionOf(name: string): Version | undefined {
  // Butane reads the numbers: 01.5.0 is 1.5.0.
  return versions.get(name.replace(/^0*(\d+)\.0*(\d+)\.0*(\d+)/, "$1.$2.$3"));
}

/** The version to which Ignition translates every configuration before it merges and checks them. */
export const latestVersion: Version = [...versions.values()].at(-1) as Version;

/** By the value of `ignition.version`. */
export function versionOfIgnition(ignition: string): Version | undefined {
  return [...versions.values()].findLast((version) => version.ignition === ignition);
}

const semanticVersion = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

export function isSemanticVersion(text: string): boolean {
  return semanticVersion.test(text);
}
