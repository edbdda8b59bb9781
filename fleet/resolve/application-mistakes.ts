/**
 * Workloads whose objects in Argo CD would have the names of others. Applications are
 * `<device>-<workload>`, those of the hub have the names of its add-ons, and ApplicationSets are
 * `<workload>-<ring>`. None of these names can change: Argo CD would delete what runs and create it again.
 */
import type { DeclaredDevice } from "./declared-devices.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import type { AddonDeclaration } from "../model/addons.ts";
import { upgradeName } from "../model/contract.ts";
import { resolvedAddons } from "./resolved-addons.ts";

/** A workload on its devices. */
export interface Run {
  readonly name: string;
  readonly devices: readonly DeclaredDevice[];
}

/** At most one mistake for each workload: where several names clash, another name solves them all. */
export function applicationMistakes(
  source: Source,
  input: FleetInput,
  runs: readonly Run[],
  everyDevice: readonly DeclaredDevice[],
  addons: readonly AddonDeclaration[],
): Mistake[] {
  const upgrades = input.k3s === undefined ? [] : [{ name: upgradeName, devices: everyDevice }];
  const namesOf = nameSets();
  const clashes = new Map<string, string>();
  const add = (workload: string, duplicate: string) => {
    if (!clashes.has(workload)) clashes.set(workload, duplicate);
  };
  const pairs = pairsOf([...runs, ...upgrades]);
  const endingWith = byEnding(everyDevice, new Set(pairs.map(({ head }) => head)));
  for (const { run, other, head } of pairs) {
    const device = endingWith
      .get(head)
      ?.find(
        (name) => namesOf(other).has(name) && namesOf(run).has(name.slice(0, -head.length - 1)),
      );
    if (device === undefined) continue;
    const application = `the Application ${device}-${other.name}`;
    if (run.name !== upgradeName) {
      add(run.name, `${application}, of ${other.name} on ${device}`);
    } else {
      const shorter = device.slice(0, -head.length - 1);
      add(other.name, `${application}, of the upgrade of K3s on ${shorter},`);
    }
  }
  for (const application of hubApplications(input, addons)) {
    for (const run of runs) {
      const device = application.slice(0, -run.name.length - 1);
      if (!application.endsWith(`-${run.name}`) || !namesOf(run).has(device)) continue;
      add(run.name, `the Application ${application}, of an add-on of the hub,`);
    }
  }
  for (const [name, duplicate] of sameApplicationSets(input)) add(name, duplicate);
  return [...clashes].map(([name, duplicate]) =>
    source.keyMistake(
      ["workloads", name],
      `this name would create ${duplicate} twice. Write another name.`,
    ),
  );
}

interface Pair {
  readonly run: Run;
  /** The name of `run` is `<head>-<other.name>`. */
  readonly other: Run;
  readonly head: string;
}

function pairsOf(runs: readonly Run[]): readonly Pair[] {
  return runs.flatMap((run) =>
    runs
      .filter((other) => run.name.endsWith(`-${other.name}`))
      .map((other) => ({ run, other, head: run.name.slice(0, -other.name.length - 1) })),
  );
}

/** Names of devices by what follows one of their hyphens, where it is one of `endings`. */
function byEnding(
  devices: readonly DeclaredDevice[],
  endings: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name } of devices) {
    for (let at = name.indexOf("-"); at >= 0; at = name.indexOf("-", at + 1)) {
      const ending = name.slice(at + 1);
      if (!endings.has(ending)) continue;
      const names = found.get(ending);
      if (names === undefined) found.set(ending, [name]);
      else names.push(name);
    }
  }
  return found;
}

/** Names of a run's devices; of those alone that are asked for, as a fleet has up to 20,000. */
function nameSets(): (run: Run) => ReadonlySet<string> {
  const sets = new Map<Run, ReadonlySet<string>>();
  return (run) => {
    const known = sets.get(run) ?? new Set(run.devices.map(({ name }) => name));
    sets.set(run, known);
    return known;
  };
}

/** The Applications of the add-ons that are on. Without `platform` these are the ones that cannot be switched off. */
function hubApplications(
  { platform, repository }: FleetInput,
  declarations: readonly AddonDeclaration[],
): readonly string[] {
  const all = resolvedAddons(declarations, platform?.addons ?? {});
  const on = [...all].flatMap(([name, options]) =>
    options !== null && (platform !== undefined || !("enabled" in options)) ? [name] : [],
  );
  // With signed commits the objects of an add-on have an Application of their own.
  return repository.signing === undefined ? on : on.flatMap((name) => [name, `${name}-objects`]);
}

function sameApplicationSets({
  workloads,
  rings,
}: FleetInput): readonly (readonly [string, string])[] {
  const names = Object.keys(workloads);
  return names.flatMap((name) =>
    names.flatMap((other): readonly (readonly [string, string])[] => {
      const tail = name.startsWith(`${other}-`) ? name.slice(other.length + 1) : undefined;
      const ring = rings.find((each) => tail !== undefined && rings.includes(`${tail}-${each}`));
      return ring === undefined
        ? []
        : [[name, `the ApplicationSet ${name}-${ring}, of ${other} in the ring ${tail}-${ring}`]];
    }),
  );
}
