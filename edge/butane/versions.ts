/**
 * The versions of Butane's Fedora CoreOS variant and the Ignition version that each one becomes.
 *
 * There is one translator for all of them: where versions differ, a field in the schema says since
 * which minor version it exists, and a rule below says since which one it holds.
 */

export interface Version {
  /** 5 for Butane fcos 1.5.0. */
  readonly minor: number;
  /** What the output says in `ignition.version`. */
  readonly ignition: string;
  /** What the real tool calls its types of this version: only its error texts show it. */
  readonly packages: { readonly base: string; readonly fcos: string };
}

/** The first minor version in which each rule holds. */
export const since = {
  /** Contents, configurations and certificates are one type; before, each had its own. */
  resources: 1,
  /** Sums may be of SHA-256, too. */
  sha256: 1,
  /** Locations in Google Cloud's storage. */
  googleStorage: 2,
  /** Contents say how they are compressed. */
  compression: 1,
  /** Any Clevis pin may be named; before, only those that Clevis had. */
  anyClevisPin: 7,
  /** File systems that are mounted but not made. */
  formatNone: 4,
  /** Mount units for swap. */
  swapUnits: 4,
  /** A link's target may be absent, and is then reported. */
  optionalTarget: 4,
  /** The same of a RAID's level. */
  optionalLevel: 4,
  /** Partitions are numbered, except on the boot disk; mount units are under /etc or /var. */
  bootDiskRules: 6,
  /** Layouts of s390x. */
  mainframes: 6,
  /** A mirror without a layout is an error; before, a warning. */
  mirrorNeedsLayout: 7,
  /** The boot disk's volume needs something that unlocks it. */
  unlockingMethod: 7,
  /** Setuid, setgid and sticky bits work. */
  specialModeBits: 7,
  /** S3 locations may be ARNs and name the version of an object. */
  objectVersions: 5,
  /** Warnings for roots too small for updates. */
  rootSize: 3,
} as const;

interface VersionRow {
  readonly name: string;
  readonly ignition: string;
  readonly base: string;
  readonly fcos: string;
}

/** In the order of their minor numbers. */
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

export const versionNames: readonly string[] = [...versions.keys()];

export function versionOf(name: string): Version | undefined {
  return versions.get(name);
}

const semanticVersion = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

export function isSemanticVersion(text: string): boolean {
  return semanticVersion.test(text);
}
