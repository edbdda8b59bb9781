/**
 * What devices tell the hub: logs and metrics, through the tunnel, to the collector beside their
 * gateway. A device that is reached directly has no tunnel and sends nothing.
 */
import { hasAddon } from "../../fleet/model/addons.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";

/** The workload that sends it. */
export const telemetryWorkload = "telemetry";

/** Who on the hub keeps it. */
export interface TelemetryKeepers {
  /** Elasticsearch. */
  readonly logs: boolean;
  /** Prometheus. */
  readonly metrics: boolean;
}

/** Null where nobody sends any, or nobody keeps it: then there is no collector and no open port. */
export function telemetryKeepers(fleet: Fleet): TelemetryKeepers | null {
  const isSent = fleet.workloads.some(
    ({ name, chart, manifests }) =>
      name === telemetryWorkload && chart === undefined && manifests === undefined,
  );
  const logs = hasAddon(fleet, "elasticsearch");
  const metrics = hasAddon(fleet, "prometheus");
  return isSent && (logs || metrics) ? { logs, metrics } : null;
}
