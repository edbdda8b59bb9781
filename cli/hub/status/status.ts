/** The status of a fleet, read from its hub. */
import type { LoadedFleet } from "../../../fleet/resolve/load.ts";
import type { Device } from "../../../fleet/model/device.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import type { Screen } from "../../terminal/screen.ts";
import {
  fleetStatus,
  isAway,
  undeclaredDevices,
  summaryOf,
  withReleaseAge,
} from "./fleet-status.ts";
import type { DeviceStatus, FleetSummary } from "./fleet-status.ts";
import { hubKeysOf, withHubKeys, type HubKeys } from "./hub-keys.ts";
import type { Hub } from "../kubectl/kubectl.ts";
import { wrongHub } from "../bootstrap/hub-owner.ts";
import type { AskedNodes } from "./node-versions.ts";
import { problemsOf, readSources } from "./sources.ts";
import { formatStatus } from "./status-text.ts";

/** The document of `--json`. */
export interface StatusReport {
  readonly fleet: string;
  /** The context in the kubeconfig. */
  readonly context: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly summary: FleetSummary;
  /** Absent before the hub's second generation of keys. */
  readonly hubKeys?: HubKeys;
  readonly devices: readonly DeviceStatus[];
  /** Devices on the hub that are not in the fleet file. */
  readonly undeclared: readonly string[];
  /** What could not be read. Values that depend on it are null or `unknown`. */
  readonly problems: readonly string[];
}

/** Which devices are shown, and what is read besides the hub. */
export interface StatusSelection {
  readonly shows: (device: DeviceStatus) => boolean;
  /** Asks devices for their versions. @default no device is asked */
  readonly ask?: (devices: readonly Device[]) => Promise<AskedNodes>;
  readonly now: () => Date;
}

/**
 * Reads the hub once.
 *
 * @throws OperationError if it is not this fleet's hub; KubectlError if it can't be reached
 */
export async function readStatus(
  { fleet, keyId }: Pick<LoadedFleet, "fleet" | "keyId">,
  hub: Hub,
  { shows, ask, now }: StatusSelection,
): Promise<StatusReport> {
  const sources = await readSources(fleet, hub);
  const owner = { fleet: fleet.name, ...(keyId !== undefined && { keyId }) };
  const identity = sources.identity.value;
  const refusal = identity && wrongHub(identity, hub, owner);
  if (refusal !== undefined) throw refusal;
  const time = now();
  const all = withHubKeys(fleet, sources, fleetStatus(fleet, sources, time.getTime() / 1000));
  const shown = all.filter(shows);
  const here = new Set(shown.filter((each) => !isAway(each)).map(({ device }) => device));
  const asked = await answers(ask?.(fleet.devices.filter(({ name }) => here.has(name))));
  const devices = shown.map((each) =>
    withReleaseAge(
      fleet,
      sources,
      { ...each, ...asked?.versions.get(each.device) },
      time.getTime() / 1000,
    ),
  );
  const hubKeys = hubKeysOf(fleet, sources, devices);
  return {
    fleet: fleet.name,
    context: hub.context,
    time: time.toISOString(),
    summary: summaryOf(devices),
    ...(hubKeys && { hubKeys }),
    devices,
    undeclared: undeclaredDevices(fleet, sources),
    problems: [...problemsOf(sources), ...(asked?.problem ? [asked.problem] : [])],
  };
}

/** If devices can't be reached, everything else is still shown. */
async function answers(asked: Promise<AskedNodes> | undefined): Promise<AskedNodes | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { versions: new Map(), problem: `versions: ${error.message}` };
  }
}

/** Whether a device is degraded, away or outdated, or something could not be read. */
export function isAlarming({ summary, problems }: StatusReport): boolean {
  const { degraded, away, outdated = 0 } = summary;
  return degraded > 0 || away > 0 || outdated > 0 || problems.length > 0;
}

export function formatReport(report: StatusReport, screen: Screen): string {
  return formatStatus(report, screen);
}
