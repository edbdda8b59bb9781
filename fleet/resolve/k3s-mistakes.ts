/** Mistakes in `k3s` in fleet.yaml. */
import { valueAt } from "../grammar/check.ts";
import { checkedMinors, kubernetesMinors, minorOfRelease } from "../kubernetes/schemas.ts";
import type { Lock } from "../lock/lock.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import { known, unknownReference } from "./references.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import { k3sReleasePattern } from "../grammar/upgrade-schemas.ts";
import type { Source } from "../grammar/source.ts";
import { k3sUpgrade } from "../model/pins.ts";
import { upgradeName } from "../model/contract.ts";
import { flotillaCommand } from "../model/advised-commands.ts";

export function k3sMistakes(source: Source, input: FleetInput): Mistake[] {
  if (input.k3s === undefined) return [];
  const { rings } = known(source, input);
  const path = ["k3s", "versions"];
  const mistakes = Object.keys(input.k3s.versions).flatMap((ring) =>
    unknownReference(source, [...path, ring], ring, rings, true),
  );
  // As written: an invalid version is not missing as well.
  const written = Object.keys((valueAt(source.value, path) as object | undefined) ?? {});
  const absent = (rings ?? []).filter((ring) => !written.includes(ring));
  if (absent.length > 0) {
    const message = `the version for ${absent.join(", ")} is missing. Write one for every ring.`;
    mistakes.push(source.keyMistake(path, message));
  }
  if (upgradeName in input.workloads) {
    const message = `"${upgradeName}" is the namespace of the controller that upgrades K3s. Write another name.`;
    mistakes.push(source.keyMistake(["workloads", upgradeName], message));
  }
  return mistakes;
}

/**
 * Versions that a device cannot verify, or cannot upgrade to from the version of its image: K3s' upgrade refuses a
 * lower version (k3s-io/k3s-upgrade, scripts/upgrade.sh), and Kubernetes does not support skipping
 * a minor version (its version skew policy).
 */
export function k3sPinMistakes(source: Source, { k3s }: FleetInput, { pins }: Lock): Mistake[] {
  const installed = releaseOf(pins.k3s.version);
  if (installed === undefined) return [];
  return Object.entries(k3s?.versions ?? {}).flatMap(([ring, version]) => {
    const wanted = releaseOf(version);
    const unknown =
      k3sUpgrade(pins.k3s, version) === undefined
        ? `the lock has no hashes of ${version}, which devices need to verify it. Run: ${flotillaCommand("pin")} --only k3s`
        : undefined;
    const problem = wanted && (problemOf(wanted, installed, version, pins.k3s.version) ?? unknown);
    return problem === undefined ? [] : [source.mistake(["k3s", "versions", ring], problem)];
  });
}

/** Releases of a Kubernetes that Flotilla has no schemas of. */
export function k3sNotes(
  source: Source,
  lockSource: () => Source,
  { k3s, workloads }: FleetInput,
  { pins }: Lock,
): Mistake[] {
  if (Object.values(workloads).every(({ chart }) => chart !== undefined)) return [];
  const noteOf = (version: string) => {
    const kubernetes = minorOfRelease(version);
    if (kubernetes === undefined || kubernetesMinors.includes(kubernetes)) return undefined;
    const [used = ""] = checkedMinors([version]);
    return `devices run Kubernetes ${kubernetes} here, and workloads are checked against the schemas of ${used}: a field or a kind that only one of them has is not found.`;
  };
  if (k3s === undefined) {
    const note = noteOf(pins.k3s.version);
    return note === undefined ? [] : [lockSource().mistake(["pins", "k3s", "version"], note)];
  }
  return Object.entries(k3s.versions).flatMap(([ring, version]) => {
    const note = noteOf(version);
    return note === undefined ? [] : [source.mistake(["k3s", "versions", ring], note)];
  });
}

function problemOf(
  wanted: readonly number[],
  installed: readonly number[],
  version: string,
  pinned: string,
): string | undefined {
  const index = wanted.findIndex((part, at) => part !== installed[at]);
  if (index === -1) return undefined;
  const [major = 0, minor = 0] = installed;
  const from = `${pinned}, which new images install`;
  if ((wanted[index] ?? 0) < (installed[index] ?? 0)) {
    return `${version} is lower than ${from}. K3s cannot be downgraded: write ${pinned} or later.`;
  }
  if (wanted[0] === major && (wanted[1] ?? 0) <= minor + 1) return undefined;
  return `${version} is more than one minor version above ${from}. Kubernetes cannot skip a minor version: write a v${major}.${minor + 1} release, or raise the pin in the lock first.`;
}

/** Major, minor, patch and K3s' own number. */
function releaseOf(version: string): readonly number[] | undefined {
  return k3sReleasePattern.exec(version)?.slice(1).map(Number);
}
