/** What happens to each device, in one word: what the picture of the fleet is made of. */
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Plan } from "./model.ts";
import { affectedDevices } from "./plan.ts";

/** In the order in which they matter: of several the first counts. */
export const fates = ["removed", "added", "reinstall", "changed", "workload", "unchanged"] as const;
export type Fate = (typeof fates)[number];

export const fateWords: Readonly<Record<Fate, string>> = {
  removed: "removed",
  added: "added",
  reinstall: "to be installed again",
  changed: "with other settings",
  workload: "with another workload",
  unchanged: "unchanged",
};

/** The devices of a site that stand in one ring. */
export interface FateGroup {
  readonly site: string;
  readonly ring: string;
  /** Sorted by name. */
  readonly devices: readonly { readonly name: string; readonly fate: Fate }[];
}

/** By site, then in the order of the rings. */
export function fateGroups(plan: Plan, fleet: Fleet): readonly FateGroup[] {
  const affected = affectedDevices(plan.devices, plan.rollouts);
  const changes = new Map(plan.devices.map((change) => [change.device, change]));
  const fateOf = (name: string): Fate => {
    const change = changes.get(name);
    if (change === undefined) return affected.has(name) ? "workload" : "unchanged";
    if (change.change !== "changed") return change.change;
    if (change.image === "reinstall") return "reinstall";
    const isOther = change.fields.length > 0 || change.image === "changed";
    if (isOther) return "changed";
    return affected.has(name) ? "workload" : "unchanged";
  };
  const gone = plan.devices.filter(({ change }) => change === "removed");
  const all = [
    ...fleet.devices.map(({ name, site, ring }) => ({ name, site: site.name, ring })),
    ...gone.map(({ device, site, ring }) => ({ name: device, site, ring })),
  ];
  const groups = new Map<
    string,
    { site: string; ring: string; devices: FateGroup["devices"][number][] }
  >();
  for (const { name, site, ring } of all) {
    const key = JSON.stringify([site, ring]);
    const group = groups.get(key) ?? { site, ring, devices: [] };
    group.devices.push({ name, fate: fateOf(name) });
    groups.set(key, group);
  }
  const { rings } = fleet;
  return [...groups.values()]
    .map((group) => ({ ...group, devices: group.devices.toSorted(byName) }))
    .toSorted((a, b) => natural(a.site, b.site) || rings.indexOf(a.ring) - rings.indexOf(b.ring));
}

const natural = new Intl.Collator("en", { numeric: true }).compare;
const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

export function countFates(groups: readonly FateGroup[]): ReadonlyMap<Fate, number> {
  const counts = new Map<Fate, number>();
  for (const { devices } of groups) {
    for (const { fate } of devices) counts.set(fate, (counts.get(fate) ?? 0) + 1);
  }
  return counts;
}
