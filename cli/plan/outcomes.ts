/** What happens to each device, in one word. The diagram of the fleet shows it. */
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Plan } from "./plan.ts";
import { affectedDevices } from "./project-plan.ts";

/** In the order of importance: if several apply, the first counts. */
export const outcomes = [
  "removed",
  "added",
  "reinstall",
  "changed",
  "workload",
  "unchanged",
] as const;
export type Outcome = (typeof outcomes)[number];

export const outcomeWords: Readonly<Record<Outcome, string>> = {
  removed: "removed",
  added: "added",
  reinstall: "to be reinstalled",
  changed: "with other settings",
  workload: "with another workload",
  unchanged: "unchanged",
};

/** The devices of a site in one ring. */
export interface OutcomeGroup {
  readonly site: string;
  readonly ring: string;
  /** Sorted by name. */
  readonly devices: readonly { readonly name: string; readonly outcome: Outcome }[];
}

/** Sorted by site, then by the order of the rings. */
export function outcomeGroups(plan: Plan, fleet: Fleet): readonly OutcomeGroup[] {
  const affected = affectedDevices(plan.devices, plan.rollouts);
  const changes = new Map(plan.devices.map((change) => [change.device, change]));
  const outcomeOf = (name: string): Outcome => {
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
    { site: string; ring: string; devices: OutcomeGroup["devices"][number][] }
  >();
  for (const { name, site, ring } of all) {
    const key = JSON.stringify([site, ring]);
    const group = groups.get(key) ?? { site, ring, devices: [] };
    group.devices.push({ name, outcome: outcomeOf(name) });
    groups.set(key, group);
  }
  const { rings } = fleet;
  return [...groups.values()]
    .map((group) => ({ ...group, devices: group.devices.toSorted(byName) }))
    .toSorted((a, b) => natural(a.site, b.site) || rings.indexOf(a.ring) - rings.indexOf(b.ring));
}

const natural = new Intl.Collator("en", { numeric: true }).compare;
const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

export function countOutcomes(groups: readonly OutcomeGroup[]): ReadonlyMap<Outcome, number> {
  const counts = new Map<Outcome, number>();
  for (const { devices } of groups) {
    for (const { outcome } of devices) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}
