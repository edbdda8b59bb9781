/**
 * The size of the hub for its fleet. Argo CD's controller holds the API schema of every device
 * in memory; nearly all of the hub's size follows from that. Sizes change in large steps, so that
 * one more device changes nothing.
 */
import type { Cloud } from "../model/cloud.ts";
import type { Fleet } from "../model/fleet.ts";

/**
 * Measured with Argo CD 3.6.1, GOGC=50, and devices with a schema of 1.9 MB each: the controller at its peak,
 * which is a first start (docs/reference/measured.md). 21 MB of it are alive; 3.4.4 keeps the same.
 */
const mebibytesForDevice = 44;
const mebibytesForController = 350;

/**
 * Measured with Argo CD 3.6.1: what a program takes that keeps all Applications. The ApplicationSet controller took at
 * most 683 MiB with 6,002, and 1,972 MiB with 20,002 (docs/reference/measured.md).
 */
const mebibytesForApplication = 0.1;
const mebibytesWithoutApplications = 128;

/** The rest of Argo CD (about 450 MiB) and GKE's own pods on every node (about 650). */
const mebibytesForOthers = 1100;

/** Below this the kubelet evicts pods. */
const mebibytesEvicted = 100;

/** Machine types of Compute Engine, by their memory in GiB. */
const machineTypes: readonly (readonly [string, number])[] = [
  ["e2-standard-2", 8],
  ["e2-standard-4", 16],
  ["e2-standard-8", 32],
  ["e2-highmem-8", 64],
  ["e2-highmem-16", 128],
];

/** For several equal nodes, each with a shard of the controller. */
const shardMachine = machineTypes.at(-1)!;

/** Steps in the number of shards; ten is the most that a published test of one Argo CD had (CNOE). */
const shardSteps = [2, 3, 4, 6, 8, 10] as const;

/** Devices are distributed by hashes (shards.ts): a shard gets up to this many times its fair share. */
const unevenness = 1.15;

/** Shares of a node's memory that GKE reserves, up to each bound in GiB. */
const reservedShares: readonly (readonly [number, number])[] = [
  [4, 0.25],
  [8, 0.2],
  [16, 0.1],
  [128, 0.06],
  [Infinity, 0.02],
];

export interface HubSize {
  /** The machine type of the hub's nodes: the operator's choice, or the smallest that is large enough. */
  readonly machineType: string;
  /** Number of pods of Argo CD's controller, each on its own node. */
  readonly shards: number;
  /** Number of devices that the memory of a shard is enough for. */
  readonly devicesPerShard: number;
  /** Memory of one shard at its peak, in MiB. */
  readonly controllerMebibytes: number;
  /** Number of applications that are compared at the same time. */
  readonly statusProcessors: number;
}

export interface FleetHubSize extends HubSize {
  /** What a program takes that keeps every Application, such as Argo CD's server, in MiB. */
  readonly applicationListMebibytes: number;
}

/**
 * @param machineType the operator's choice, or null
 * @returns undefined if the fleet is too large for any known hub
 */
export function hubSize(deviceCount: number, machineType: string | null): HubSize | undefined {
  const candidates =
    machineType === null ? machineTypes : machineTypes.filter(([name]) => name === machineType);
  const whole = candidates.find(([, gibibytes]) => deviceCount <= deviceCapacity(gibibytes));
  if (whole !== undefined) {
    return sized(whole[0], 1, Math.min(deviceCapacity(whole[1]), roundStep(deviceCount)));
  }
  const [name, gibibytes] = candidates.at(-1) ?? shardMachine;
  const capacity = deviceCapacity(gibibytes);
  // The memory of a machine type that is not in the list is not known here.
  if (machineType !== null && candidates.length === 0) {
    const shards = deviceCount <= capacity ? 1 : shardsFor(deviceCount, capacity);
    return shards === undefined
      ? undefined
      : sized(machineType, shards, Math.min(capacity, roundStep(deviceCount)));
  }
  const shards = shardsFor(deviceCount, capacity);
  return shards === undefined ? undefined : sized(name, shards, capacity);
}

/**
 * The size of a fleet's hub, with the operator's own settings. A fleet that is too large for any
 * hub is refused when its file is read.
 */
export function fleetHubSize({ devices, workloads, k3s, cloud, argocd }: Fleet): FleetHubSize {
  const size = hubSize(devices.length, machineTypeOf(cloud));
  if (size === undefined)
    throw new Error(`no known hub is large enough for ${devices.length} devices`);
  // At most: a selector may leave devices out.
  const applications = devices.length * (workloads.length + (k3s === null ? 0 : 1));
  return {
    ...size,
    shards: argocd.shards ?? size.shards,
    applicationListMebibytes: applicationListMebibytes(applications),
  };
}

/** Memory of a program that keeps so many Applications, in MiB; it changes in large steps. */
export function applicationListMebibytes(applicationCount: number): number {
  const step = roundStep(applicationCount);
  return mebibytesWithoutApplications + Math.ceil(mebibytesForApplication * step);
}

/** The operator's choice; null for a cluster that Flotilla does not make, whose nodes are not known. */
export function machineTypeOf(cloud: Cloud): string | null {
  return "nodePool" in cloud ? cloud.nodePool.machineType : null;
}

/** The maximum number of devices of a hub that Flotilla sizes. */
export function deviceMost(): number {
  return Math.floor((shardSteps.at(-1)! * deviceCapacity(shardMachine[1])) / unevenness);
}

/** The message for a fleet that is too large for every hub of `hubSize`. */
export function tooManyDevices(deviceCount: number): string {
  return `${deviceCount} devices are too many for one hub (at most ${deviceMost()}). Divide the sites between several hubs: write hub at each site, and a file in environments for each hub.`;
}

/** The least number of shards for so many devices, with any number between the steps. */
export function shardsMin(deviceCount: number, { devicesPerShard }: HubSize): number {
  return deviceCount <= devicesPerShard
    ? 1
    : Math.max(2, Math.ceil((deviceCount * unevenness) / devicesPerShard));
}

function shardsFor(deviceCount: number, capacity: number): number | undefined {
  return shardSteps.find((shards) => deviceCount * unevenness <= shards * capacity);
}

/** Memory of one pod of the controller at its peak, in MiB. */
export function controllerPeak(deviceCount: number): number {
  return mebibytesForController + mebibytesForDevice * deviceCount;
}

function sized(machineType: string, shards: number, devicesPerShard: number): HubSize {
  return {
    machineType,
    shards,
    devicesPerShard,
    controllerMebibytes: controllerPeak(devicesPerShard),
    // An unreachable device blocks one of these for up to 30 s.
    statusProcessors: devicesPerShard > 1_000 ? 100 : 60,
  };
}

/** 50, 100, 200, 400 and so on. */
function roundStep(deviceCount: number): number {
  let step = 50;
  while (step < deviceCount) step *= 2;
  return step;
}

/** Number of devices that a node with this memory is enough for. */
function deviceCapacity(gibibytes: number): number {
  let reserved = 0;
  let lower = 0;
  for (const [upper, share] of reservedShares) {
    reserved += Math.max(0, Math.min(gibibytes, upper) - lower) * share;
    lower = upper;
  }
  const allocatable = (gibibytes - reserved) * 1024 - mebibytesEvicted;
  return Math.floor(
    (allocatable - mebibytesForOthers - mebibytesForController) / mebibytesForDevice,
  );
}

/** The calculation, for people: one line each. */
export function explainHubSize(
  deviceCount: number,
  size: HubSize,
  cloud: Cloud,
): readonly string[] {
  const { machineType, shards, devicesPerShard, controllerMebibytes } = size;
  const whole = shards === 1;
  const gibibytes = machineTypes.find(([name]) => name === machineType)?.[1];
  const nodes = "nodePool" in cloud ? machineType : `with ${gibibytes} GiB of memory`;
  const wanted = shardsMin(deviceCount, size);
  return [
    `${deviceCount} ${deviceCount === 1 ? "device" : "devices"}; Argo CD's controller in ${whole ? "one pod" : `${shards} shards, each`} for up to ${devicesPerShard} devices`,
    ...(shards < wanted ? [`too few shards: write at least ${wanted} as argocd.shards`] : []),
    `memory${whole ? "" : " of each"}: ${mebibytesForController} + ${devicesPerShard} × ${mebibytesForDevice} = ${controllerMebibytes} MiB`,
    `nodes: ${nodes}${whole ? "" : `, at least ${shards}`}`,
  ];
}
