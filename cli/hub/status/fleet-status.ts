/** The status of the fleet: the declared state beside the actual state. */
import { chartTag } from "../../../fleet/model/chart-repository.ts";
import { releaseSeconds } from "../../../fleet/rules/coreos-release.ts";
import { gatewayOf } from "../../../fleet/rules/gateways.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { selects } from "../../../fleet/rules/selector.ts";
import { shardOf } from "../../../fleet/rules/shards.ts";
import type { ApplicationState, ClusterState, Reading, Sources } from "./sources.ts";
import { presentSecondsMax } from "../../../fleet/model/contract.ts";
import type { Device } from "../../../fleet/model/device.ts";
import type { Workload } from "../../../fleet/model/workload.ts";

/**
 * `present`: a handshake with the gateway within three minutes. `away`: longer ago. `never`: none
 * since the gateway started. `direct`: it uses no gateway, and only Argo CD knows. `unknown`: the
 * gateway could not be read.
 */
export type Presence = "present" | "away" | "never" | "direct" | "unknown";

/**
 * Which of the hub's keys a device trusts. `new`: it dropped older ones. `old`: it may still trust them.
 * `direct`: it uses no gateway, and only the device knows. `unknown`: the gateway could not be read.
 */
export type DeviceKeys = "new" | "old" | "direct" | "unknown";

/** `yes`: Argo CD has reached it. `waiting`: declared on the hub, not reached yet. `no`: neither. */
export type Registered = "yes" | "waiting" | "no" | "unknown";

export interface WorkloadStatus {
  readonly name: string;
  /** The version of the device's ring. */
  readonly wanted: string;
  /** The version that Argo CD last saw on the device; null if unknown. */
  readonly version: string | null;
  /** As in Argo CD; null if there is no application or applications can't be read. */
  readonly sync: string | null;
  readonly health: string | null;
  readonly failed: boolean;
}

/** A change that a device gets when it is back. */
export interface Waiting {
  readonly workload: string;
  readonly from: string | null;
  readonly to: string;
}

export interface DeviceStatus {
  readonly device: string;
  readonly site: string;
  readonly ring: string;
  readonly profile: string;
  readonly labels: Device["labels"];
  readonly presence: Presence;
  /** The age of the last handshake. */
  readonly ageSeconds: number | null;
  readonly registered: Registered;
  readonly kubernetes: string | null;
  /** Versions of K3s and Fedora CoreOS, from the device itself; null if it was not asked. */
  readonly k3s: string | null;
  readonly coreos: string | null;
  /** Whether it followed the hub to its keys; absent before the hub's second generation. */
  readonly hubKeys?: DeviceKeys;
  /** Days since its Fedora CoreOS was released; absent if neither it nor the hub's metrics say so. */
  readonly coreosDays?: number;
  /** Whether it has not updated itself for so long that something is wrong; absent if unknown. */
  readonly outdated?: boolean;
  /** The workloads that it should run, by name. */
  readonly workloads: readonly WorkloadStatus[];
  readonly degraded: boolean;
  readonly waiting: readonly Waiting[];
}

export interface FleetSummary {
  readonly devices: number;
  readonly present: number;
  /** Including devices that were never seen. */
  readonly away: number;
  readonly direct: number;
  readonly unknown: number;
  readonly unregistered: number;
  readonly degraded: number;
  /** Devices with waiting changes. */
  readonly waiting: number;
  /** Devices that do not update themselves; absent if that is unknown of all. */
  readonly outdated?: number;
}

/**
 * @param now in seconds since 1970
 */
export function fleetStatus(fleet: Fleet, sources: Sources, now: number): readonly DeviceStatus[] {
  const applications = byDevice(sources.applications);
  // While the number of shards changes, a device may still be in its old one.
  const clusters = new Map(sources.clusters.flatMap(({ value }) => [...(value ?? [])]));
  return fleet.devices.map((device) => {
    const cluster = clusters.get(device.name);
    const seen = presenceOf(fleet, device, sources, cluster, now);
    const own = applications?.get(device.name);
    const registered = registeredOf(device, sources, cluster, own);
    const workloads = fleet.workloads
      .filter((workload) => selects(workload.selector, device.labels))
      .map((workload) => workloadStatus(workload, device, own?.get(workload.name)));
    const isGone =
      ["away", "never"].includes(seen.presence) || ["no", "waiting"].includes(registered);
    return {
      device: device.name,
      site: device.site.name,
      ring: device.ring,
      profile: device.profile.name,
      labels: device.labels,
      ...seen,
      registered,
      kubernetes: cluster?.version ?? null,
      k3s: null,
      coreos: null,
      workloads,
      // A failure of Argo CD at a device that is away is expected.
      degraded: workloads.some(
        ({ health, failed }) => health === "Degraded" || (failed && !isGone),
      ),
      waiting: applications !== undefined && isGone ? workloads.flatMap(waitingFor) : [],
    };
  });
}

/**
 * A device with what its release says about its updates: the one that it answered itself, or the day that
 * the hub has from its telemetry.
 *
 * @param now in seconds since 1970
 */
export function withReleaseAge(
  { coreos: { outdatedAfterDays } }: Pick<Fleet, "coreos">,
  { releases }: Pick<Sources, "releases">,
  device: DeviceStatus,
  now: number,
): DeviceStatus {
  const released = releaseSeconds(device.coreos ?? "") ?? releases.value?.get(device.device);
  if (released === undefined) return device;
  const coreosDays = Math.max(0, Math.floor((now - released) / 86_400));
  return { ...device, coreosDays, outdated: coreosDays > outdatedAfterDays };
}

export function summaryOf(devices: readonly DeviceStatus[]): FleetSummary {
  const number = (test: (device: DeviceStatus) => boolean) => devices.filter(test).length;
  return {
    devices: devices.length,
    present: number(({ presence }) => presence === "present"),
    away: number(isAway),
    direct: number(({ presence }) => presence === "direct"),
    unknown: number(({ presence }) => presence === "unknown"),
    unregistered: number(({ registered }) => registered === "no" || registered === "waiting"),
    degraded: number(({ degraded }) => degraded),
    waiting: number(({ waiting }) => waiting.length > 0),
    ...(devices.some(({ outdated }) => outdated !== undefined) && {
      outdated: number(({ outdated }) => outdated === true),
    }),
  };
}

export function isAway({ presence }: DeviceStatus): boolean {
  return presence === "away" || presence === "never";
}

/** Devices on the hub that are not in the fleet file, sorted. */
export function undeclaredDevices(fleet: Fleet, { registrations }: Sources): readonly string[] {
  const known = new Set(fleet.devices.map(({ name }) => name));
  return [...(registrations.value ?? [])].filter((name) => !known.has(name)).toSorted();
}

function presenceOf(
  fleet: Fleet,
  device: Device,
  { handshakes }: Sources,
  cluster: ClusterState | undefined,
  now: number,
): Pick<DeviceStatus, "presence" | "ageSeconds"> {
  if (device.connectivity === "direct") {
    return { presence: cluster?.connected === false ? "away" : "direct", ageSeconds: null };
  }
  const read = handshakes.get(gatewayOf(fleet, device).name);
  if (read?.value === undefined) return { presence: "unknown", ageSeconds: null };
  const last = read.value.get(device.address) ?? 0;
  if (last === 0) return { presence: "never", ageSeconds: null };
  // The two clocks need not agree.
  const ageSeconds = Math.max(0, Math.round(now - last));
  return { presence: ageSeconds <= presentSecondsMax ? "present" : "away", ageSeconds };
}

function registeredOf(
  { name }: Device,
  { registrations, clusters }: Sources,
  cluster: ClusterState | undefined,
  applications: ReadonlyMap<string, ApplicationState> | undefined,
): Registered {
  if (registrations.value?.has(name) === false) return "no";
  // A comparison means that Argo CD has reached the device, in whichever of its shards.
  const compared = [...(applications?.values() ?? [])].some(({ sync }) => sync !== "Unknown");
  if (cluster?.version || compared) return "yes";
  const shard = clusters[shardOf(name, clusters.length)];
  return registrations.value === undefined || shard?.value === undefined ? "unknown" : "waiting";
}

type ByDevice = ReadonlyMap<string, ReadonlyMap<string, ApplicationState>>;

function byDevice({ value }: Reading<readonly ApplicationState[]>): ByDevice | undefined {
  if (value === undefined) return undefined;
  const devices = new Map<string, Map<string, ApplicationState>>();
  for (const application of value) {
    const own = devices.get(application.device) ?? new Map<string, ApplicationState>();
    devices.set(application.device, own.set(application.workload, application));
  }
  return devices;
}

function workloadStatus(
  { name, versions, chart }: Workload,
  { ring }: Device,
  application: ApplicationState | undefined,
): WorkloadStatus {
  const wanted = versions.get(ring) ?? "";
  return {
    name,
    wanted,
    version:
      chart === undefined
        ? versionOf(application?.images ?? [], wanted)
        : chartVersionOf(application, wanted),
    sync: application?.sync ?? null,
    health: application?.health ?? null,
    failed: application?.failed ?? false,
  };
}

/** The wanted version if an image has it, with its digest if it has one; else that of the only image. */
function versionOf(images: readonly string[], wanted: string): string | null {
  const versions = images.map((image) => /:v?([^:/@]+(?:@.*)?)$/.exec(image)?.[1]);
  const known = wanted.includes("@") ? versions : versions.map((version) => version?.split("@")[0]);
  if (known.includes(wanted)) return wanted;
  return known.length === 1 ? (known[0] ?? null) : null;
}

/** The version of the first source, which is the chart, if it is synced. */
function chartVersionOf(application: ApplicationState | undefined, wanted: string): string | null {
  const target = application?.sync === "Synced" ? application.targets?.[0] : undefined;
  return target === chartTag(wanted) ? wanted : (target ?? null);
}

function waitingFor({ name, wanted, version, sync }: WorkloadStatus): readonly Waiting[] {
  // Argo CD reports Unknown for a device that it can't reach.
  const isCurrent =
    version === wanted
      ? sync === "Synced" || sync === "Unknown"
      : version === null && sync === "Synced";
  return isCurrent ? [] : [{ workload: name, from: version, to: wanted }];
}
