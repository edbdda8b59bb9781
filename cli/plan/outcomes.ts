/** What happens to each device, in one word. The diagram of the fleet shows it. */
import type { Fleet } from "../../fleet/model/fleet.ts";
import { counted, formatNumber, terraformWords } from "./wording.ts";
import { outcomes, type DeviceChange, type Outcome, type Plan } from "./plan.ts";

export const outcomeWords: Readonly<Record<Outcome, string>> = {
  removed: "removed",
  added: "added",
  reinstall: "to be reinstalled",
  changed: "with other settings",
  restart: "with another K3s",
  workload: "with another workload",
  unchanged: "unchanged",
};

/** `1 added, 2 unchanged`: every device once. */
export function outcomesText({ devices }: Plan["summary"]): string {
  return shownOutcomes(devices)
    .map((outcome) => `${formatNumber(devices[outcome])} ${outcomeWords[outcome]}`)
    .join(", ");
}

const shownOutcomes = (devices: Plan["summary"]["devices"]) =>
  outcomes.filter((outcome) => devices[outcome] > 0);

/** The devices of a site in one ring. */
export interface OutcomeGroup {
  readonly site: string;
  readonly ring: string;
  /** Sorted by name. */
  readonly devices: readonly { readonly name: string; readonly outcome: Outcome }[];
}

/** What happens to each device, by its name; every one is in one list. */
export function outcomesOf(
  fleet: Fleet,
  { devices, rollouts, restarts }: Pick<Plan, "devices" | "rollouts" | "restarts">,
): Plan["outcomes"] {
  const affected = affectedDevices(devices, rollouts);
  const restarting = new Set(restarts.flatMap((restart) => restart.devices));
  const changes = new Map(devices.map((change) => [change.device, change]));
  const outcomeOf = (name: string): Outcome => {
    const change = changes.get(name);
    if (change !== undefined) {
      if (change.change !== "changed") return change.change;
      return change.image === "reinstall" ? "reinstall" : "changed";
    }
    if (restarting.has(name)) return "restart";
    return affected.has(name) ? "workload" : "unchanged";
  };
  const lists = Object.fromEntries(outcomes.map((outcome) => [outcome, [] as string[]])) as Record<
    Outcome,
    string[]
  >;
  const gone = devices.filter(({ change }) => change === "removed").map(({ device }) => device);
  const names = [...new Set([...fleet.devices.map(({ name }) => name), ...gone])].toSorted();
  for (const name of names) lists[outcomeOf(name)].push(name);
  return lists;
}

/** Names of the devices on which workloads change; removed ones are not among them. */
export function affectedDevices(
  devices: readonly DeviceChange[],
  rollouts: Plan["rollouts"],
): ReadonlySet<string> {
  const affected = new Set([
    ...rollouts.flatMap((rollout) => rollout.devices),
    ...devices
      .filter(({ workloads }) => Object.values(workloads).some((names) => names.length > 0))
      .map(({ device }) => device),
  ]);
  for (const { device, change } of devices) if (change === "removed") affected.delete(device);
  return affected;
}

/** Sorted by site, then by the order of the rings. */
export function outcomeGroups(plan: Plan, fleet: Fleet): readonly OutcomeGroup[] {
  const outcomeByName = new Map(
    outcomes.flatMap((outcome) => plan.outcomes[outcome].map((name) => [name, outcome] as const)),
  );
  const outcomeOf = (name: string): Outcome => outcomeByName.get(name) ?? "unchanged";
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
  const natural = new Intl.Collator("en", { numeric: true }).compare;
  return [...groups.values()]
    .map((group) => ({ ...group, devices: group.devices.toSorted(byName) }))
    .toSorted((a, b) => natural(a.site, b.site) || rings.indexOf(a.ring) - rings.indexOf(b.ring));
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

export function countOutcomes(groups: readonly OutcomeGroup[]): ReadonlyMap<Outcome, number> {
  const counts = new Map<Outcome, number>();
  for (const { devices } of groups) {
    for (const { outcome } of devices) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

/** The summary of a plan in one or two sentences. */
export function summaryText({ summary, terraform }: Plan): string {
  const { rollouts, hub, affectedDevices: affected, restartingDevices, images } = summary;
  if (!summary.changes) return "Publishing changes nothing.";
  const parts = [
    ...(rollouts > 0 ? [counted(rollouts, "rollout")] : []),
    ...(hub > 0 ? [`${counted(hub, "part")} of the hub`] : []),
    ...(terraform.length > 0 ? [terraformWords(summary.terraform)] : []),
  ];
  const devices = shownOutcomes(summary.devices).map(
    (outcome) => `${counted(summary.devices[outcome], "device")} ${outcomeWords[outcome]}`,
  );
  const changes = [...devices, ...parts].join(", ") || "Only formatting changes";
  const newImages = images.new + images.reinstall + images.changed;
  const restarts =
    restartingDevices > 0 ? ` K3s restarts on ${counted(restartingDevices, "device")}.` : "";
  return (
    `${changes}.${restarts} Workloads change on ${counted(affected, "device")}; ` +
    `${counted(newImages, "image")} to make.`
  );
}
