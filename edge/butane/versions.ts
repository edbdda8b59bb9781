/**
 * The versions of Butane's Fedora CoreOS variant and the Ignition version that each one becomes.
 *
 * There is one translator for all of them: where versions differ, a field in schema.ts or a rule in
 * resource.ts says since which minor version it is so.
 */

export interface Version {
  /** 5 for Butane fcos 1.5.0. */
  readonly minor: number;
  /** What the output says in `ignition.version`. */
  readonly ignition: string;
}

const ignitionOfMinor: readonly string[] = [
  "3.0.0",
  "3.1.0",
  "3.2.0",
  "3.2.0",
  "3.3.0",
  "3.4.0",
  "3.5.0",
  "3.6.0",
];

const versions: ReadonlyMap<string, Version> = new Map(
  ignitionOfMinor.map((ignition, minor) => [`1.${minor}.0`, { minor, ignition }]),
);

export const versionNames: readonly string[] = [...versions.keys()];

export function versionOf(name: string): Version | undefined {
  return versions.get(name);
}
