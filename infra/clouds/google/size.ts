/**
 * How large a node must be for the fleet: Argo CD's controller holds the API schema of every device
 * in memory, and the whole of it on one node.
 */
import { InputError } from "../../../fleet/mistakes.ts";

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
  ["e2-highmem-16", 128],
  ["n2-highmem-32", 256],
  ["n2-highmem-64", 512],
];

/** Shares of a node's memory that GKE keeps for itself, up to each bound in GiB. */
const reservedShares: readonly (readonly [number, number])[] = [
  [4, 0.25],
  [8, 0.2],
  [16, 0.1],
  [128, 0.06],
  [Infinity, 0.02],
];

/** How many devices a hub of nodes with so much memory can hold. */
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

/**
 * The smallest machine type that holds a fleet. The steps are far apart, so it seldom changes.
 *
 * @throws InputError where the fleet is larger than any of them holds
 */
export function machineTypeFor(deviceCount: number): string {
  const found = machineTypes.find(([, gibibytes]) => deviceCount <= deviceCapacity(gibibytes));
  if (found !== undefined) return found[0];
  const message = `${deviceCount} devices are more than the largest node known here holds. Write a machine type, or make two fleets.`;
  throw new InputError([{ file: "fleet.yaml", path: "cloud.nodePool.machineType", message }]);
}
