/** The health of a version in a ring, which decides on a promotion. */
import { isAway, type DeviceStatus } from "../status/fleet-status.ts";

/** The health of a workload on the devices of one ring. Every device is counted once. */
export interface RingHealth {
  readonly workload: string;
  readonly ring: string;
  readonly version: string;
  readonly devices: number;
  /** Present, at the version, Synced and Healthy. */
  readonly healthy: number;
  /** Present, at the version, not healthy yet. */
  readonly progressing: number;
  /** Present, without the version yet. */
  readonly behind: number;
  /** Degraded, or Argo CD failed to sync it. */
  readonly degraded: readonly string[];
  /** Away, so the health is unknown. */
  readonly away: readonly string[];
}

export function ringHealth(
  statuses: readonly DeviceStatus[],
  workload: string,
  ring: string,
  version: string,
): RingHealth {
  const count = { devices: 0, healthy: 0, progressing: 0, behind: 0 };
  const degraded: string[] = [];
  const away: string[] = [];
  for (const status of statuses) {
    const state = status.workloads.find(({ name }) => name === workload);
    if (status.ring !== ring || state === undefined) continue;
    count.devices += 1;
    if (isAway(status)) away.push(status.device);
    else if (state.failed || state.health === "Degraded") degraded.push(status.device);
    else if (state.sync !== "Synced" || (state.version ?? version) !== version) count.behind += 1;
    else if (state.health === "Healthy") count.healthy += 1;
    else count.progressing += 1;
  }
  return { workload, ring, version, ...count, degraded, away };
}

/**
 * The reason against a promotion, or undefined. Devices that are away do not block it if enough of the
 * ring is healthy.
 *
 * @param percentMin of the ring's devices that must be healthy, 0 to 100
 */
export function blockingReason(health: RingHealth, percentMin: number): string | undefined {
  const { devices, healthy, progressing, behind, degraded, away, ring, version } = health;
  if (degraded.length > 0) return `${version} is degraded on ${some(degraded)}`;
  if (behind + progressing > 0) {
    return `${version} is not healthy yet on ${behind + progressing} of ${devices} in ${ring}`;
  }
  if (healthy * 100 >= percentMin * devices) return undefined;
  const missing = away.length > 0 ? `; away: ${some(away)}` : "";
  return `only ${healthy} of ${devices} in ${ring} are healthy, and ${percentMin} % are required${missing}`;
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** The health in one line. */
export function describeHealth(health: RingHealth): string {
  const { devices, healthy, progressing, behind, degraded, away, ring, version } = health;
  const parts = [
    `${healthy} of ${devices} healthy`,
    progressing > 0 && `${progressing} starting`,
    behind > 0 && `${behind} waiting for it`,
    degraded.length > 0 && `${degraded.length} degraded (${some(degraded)})`,
    away.length > 0 && `${away.length} away (${some(away)})`,
  ];
  return `${ring} ${version}: ${parts.filter((part) => part !== false).join(", ")}`;
}
