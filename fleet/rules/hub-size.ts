/**
 * How large the hub must be for its fleet. Argo CD's controller holds the API schema of every device
 * in memory; nearly all of the hub's size follows from that (design/operation.md, "Scale of the
 * hub"). Everything here goes in steps that are far apart, so that one more device changes nothing.
 */
import type { Fleet } from "../model/fleet.ts";

/** Measured with 300 devices and GOGC=50: the controller at its peak, just after a start. */
const mebibytesForDevice = 20;
const mebibytesForController = 25;

/** The rest of Argo CD (some 450 MiB) and what GKE runs on every node (some 650). */
const mebibytesForOthers = 1100;

/** Below this the kubelet evicts pods. */
const mebibytesEvicted = 100;

/** Machine types of Compute Engine, by their memory in GiB. */
const machineTypes: readonly (readonly [string, number])[] = [
  ["e2-standard-2", 8],
  ["e2-standard-4", 16],
  ["e2-standard-8", 32],
  ["e2-highmem-8", 64],
];

/** Of several equal nodes, each with a shard of the controller. */
const shardMachine = machineTypes.at(-1)!;

/** Steps in the number of shards; the last is what one Argo CD is known to bear. */
const shardSteps = [2, 3, 4, 6, 8] as const;

/** Clusters are spread by hashes: a shard gets up to this many times its fair part. */
const unevenness = 1.15;

/** Shares of a node's memory that GKE keeps for itself, up to each bound in GiB. */
const reservedShares: readonly (readonly [number, number])[] = [
  [4, 0.25],
  [8, 0.2],
  [16, 0.1],
  [128, 0.06],
  [Infinity, 0.02],
];

export interface HubSize {
  /** Of the hub's nodes; the operator's own, or the smallest that does. */
  readonly machineType: string;
  /** How many pods Argo CD's controller is split into, each on a node of its own. */
  readonly shards: number;
  /** How many devices each shard's memory is for. */
  readonly devicesPerShard: number;
  /** Memory of one shard at its peak, in MiB. */
  readonly controllerMebibytes: number;
  /** How many applications are compared at once. */
  readonly statusProcessors: number;
}

/**
 * @param machineType the operator's choice, or null
 * @returns undefined where the fleet is larger than any hub known here
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
  // A machine that is not in the list is the operator's own affair.
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
 * The size of a fleet's own hub, with what the operator set by hand. A fleet that no hub holds is
 * refused when its file is read.
 */
export function fleetHubSize({ devices, cloud, argocd }: Fleet): HubSize {
  const size = hubSize(devices.length, cloud.nodePool.machineType);
  if (size === undefined) throw new Error(`no hub is known for ${devices.length} devices`);
  return { ...size, shards: argocd.shards ?? size.shards };
}

/** The most devices that a hub of Flotilla's own choice holds. */
export function deviceMost(): number {
  return Math.floor((shardSteps.at(-1)! * deviceCapacity(shardMachine[1])) / unevenness);
}

function shardsFor(deviceCount: number, capacity: number): number | undefined {
  return shardSteps.find((shards) => deviceCount * unevenness <= shards * capacity);
}

function sized(machineType: string, shards: number, devicesPerShard: number): HubSize {
  return {
    machineType,
    shards,
    devicesPerShard,
    controllerMebibytes: mebibytesForController + mebibytesForDevice * devicesPerShard,
    // A device behind a black hole holds one of these for up to 30 s.
    statusProcessors: devicesPerShard > 1_000 ? 100 : 60,
  };
}

/** 50, 100, 200, 400 and so on. */
function roundStep(deviceCount: number): number {
  let step = 50;
  while (step < deviceCount) step *= 2;
  return step;
}

/** How many devices a node with so much memory can hold. */
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

/** The arithmetic, for people: one line each. */
export function explainHubSize(deviceCount: number, size: HubSize): readonly string[] {
  const { machineType, shards, devicesPerShard, controllerMebibytes } = size;
  const whole = shards === 1;
  return [
    `${deviceCount} devices; Argo CD's controller in ${whole ? "one piece," : `${shards} shards, each`} for up to ${devicesPerShard} devices`,
    `memory${whole ? "" : " of each"}: ${mebibytesForController} + ${devicesPerShard} × ${mebibytesForDevice} = ${controllerMebibytes} MiB`,
    `nodes: ${machineType}${whole ? "" : `, at least ${shards}`}`,
  ];
}
