/** Optional features of the hub that need both an add-on and a workload. */
import { hasAddon } from "../fleet/model/addons.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { elasticsearchAddon, prometheusAddon, secretsAddon } from "./addons/names.ts";
import type { Workload } from "../fleet/model/workload.ts";
import { secretsNamespace } from "./programs/courier/settings.ts";
import { telemetryWorkload } from "./telemetry/agent-settings.ts";

/** What the hub stores of the devices' telemetry. At least one of the two. */
export interface TelemetryStores {
  /** In Elasticsearch. */
  readonly logs: boolean;
  /** In Prometheus. */
  readonly metrics: boolean;
}

/**
 * Null where no device sends telemetry, or the hub stores none: then gateways have no collector and
 * no open port. A device that is reached directly has no tunnel and sends none.
 */
export function telemetryStores(fleet: Fleet): TelemetryStores | null {
  const isSent = fleet.workloads.some(
    ({ name, chart, manifests }) =>
      name === telemetryWorkload && chart === undefined && manifests === undefined,
  );
  const logs = hasAddon(fleet, elasticsearchAddon);
  const metrics = hasAddon(fleet, prometheusAddon);
  return isSent && (logs || metrics) ? { logs, metrics } : null;
}

/** None where the hub has no add-on for secrets. */
export function workloadsWithSecrets(fleet: Fleet): readonly Workload[] {
  if (!hasAddon(fleet, secretsAddon)) return [];
  return fleet.workloads.filter(({ secrets = [] }) => secrets.length > 0);
}

/** Whether an add-on has objects in the gateways' namespace: the collector's access to Elasticsearch. */
export function usesGatewayNamespace(fleet: Fleet): boolean {
  return telemetryStores(fleet)?.logs === true;
}

/** The namespaces of the hub's add-ons, and of the Secrets that they bring for devices. */
export function addonNamespaces(
  fleet: Fleet,
  addons: readonly { readonly targetNamespace: string }[],
): readonly string[] {
  return [
    ...new Set(addons.map(({ targetNamespace }) => targetNamespace)),
    ...(workloadsWithSecrets(fleet).length > 0 ? [secretsNamespace] : []),
  ];
}
