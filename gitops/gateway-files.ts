/** The files of what connects the hub with the devices: gateways, `reconnect` and the courier. */
import type { Fleet } from "../fleet/model/fleet.ts";
import {
  diallersOf,
  furtherPortsOf,
  gatewaysOf,
  isDialledByIpv6,
  type Gateway,
} from "../fleet/rules/gateways.ts";
import {
  elasticsearchHost,
  elasticsearchPort,
  loggingNamespace,
  logStreams,
} from "./addons/elasticsearch-service.ts";
import { logWriterSecret } from "./addons/log-writer.ts";
import { monitoringNamespace } from "./addons/names.ts";
import { telemetryStores, workloadsWithSecrets } from "./features.ts";
import { hubCloud } from "./clouds/index.ts";
import type { CollectorTargets } from "./gateway/collector.ts";
import { GatewayChart } from "./gateway/gateway.ts";
import { GatewayNamespaceChart } from "./gateway/namespace.ts";
import { PeersChart, type Peer } from "./gateway/peers.ts";
import { ReconnectChart } from "./gateway/reconnect.ts";
import { chartFile, type FileEntry } from "./kubernetes/state-files.ts";
import { CourierChart } from "./secrets/courier.ts";
import type { Remember } from "../fleet/model/remember.ts";
import { statePath } from "../fleet/model/state-layout.ts";
import type { PublicKeys } from "../fleet/model/secrets.ts";

export function gatewayFiles(fleet: Fleet): readonly FileEntry[] {
  const { name: fleetName, cloud, pins } = fleet;
  const hub = hubCloud(fleetName, cloud);
  const collector = collectorTargets(fleet);
  const gateways = gatewaysOf(fleet);
  return [
    chartFile({ kind: "gatewayNamespace" }, (app) => new GatewayNamespaceChart(app, "namespace")),
    ...gateways.map((gateway) =>
      chartFile({ kind: "gateway", gateway: gateway.name }, (app) => {
        const { name, address, range, endpoint } = gateway;
        return new GatewayChart(app, "gateway", {
          name,
          address,
          range,
          port: endpoint.port,
          furtherPorts: furtherPortsOf(fleet, gateway),
          hasIpv6: isDialledByIpv6(fleet, gateway),
          entrance: hub.gateway,
          nodes: hub.gatewayNodes,
          hubRanges: cloud.network,
          hubGeneration: fleet.hub.generation,
          images: pins.images,
          collector,
        });
      }),
    ),
    chartFile({ kind: "argoCd", part: "reconnect" }, (app) => {
      const names = gateways.map(({ name }) => name);
      return new ReconnectChart(app, "reconnect", { gateways: names, image: pins.images.node });
    }),
  ];
}

/** The list of peers of each gateway. */
export function peersFiles(
  fleet: Fleet,
  publicKeys: PublicKeys,
  remember: Remember,
): readonly FileEntry[] {
  const hasCollector = collectorTargets(fleet) !== undefined;
  return gatewaysOf(fleet).map((gateway) => {
    const peers = peersOf(fleet, gateway, publicKeys.devices);
    const props = { gateway: gateway.name, peers, hasCollector };
    const file = { kind: "peers", gateway: gateway.name } as const;
    const make = () => chartFile(file, (app) => new PeersChart(app, "peers", props))[1];
    return [statePath(file), remember("peers", {}, props, make)];
  });
}

function peersOf(
  fleet: Fleet,
  gateway: Gateway,
  publicKeys: PublicKeys["devices"],
): readonly Peer[] {
  return diallersOf(fleet, gateway).map(({ name, address, site, ring }) => {
    const publicKey = publicKeys.get(name);
    if (publicKey === undefined) throw new Error(`no public key for the device ${name}`);
    return { name, address, publicKey, site: site.name, ring };
  });
}

/** Undefined where no device sends telemetry, or the hub has no add-on to store it. */
function collectorTargets(fleet: Fleet): CollectorTargets | undefined {
  const stores = telemetryStores(fleet);
  if (stores === null) return undefined;
  const [, deviceStream] = logStreams;
  return {
    logs: stores.logs
      ? {
          url: `https://${elasticsearchHost}:${elasticsearchPort}/${deviceStream}`,
          secret: logWriterSecret,
          namespace: loggingNamespace,
          port: elasticsearchPort,
        }
      : undefined,
    metrics: stores.metrics
      ? {
          // The operator of Prometheus creates this Service, named after the release.
          url: `http://monitoring-prometheus.${monitoringNamespace}.svc:9090/api/v1/write`,
          namespace: monitoringNamespace,
          port: 9090,
        }
      : undefined,
  };
}

/** Nothing where no workload has secrets. */
export function courierFiles(fleet: Fleet, { rootCertificate }: PublicKeys): readonly FileEntry[] {
  const workloads = workloadsWithSecrets(fleet);
  if (workloads.length === 0) return [];
  const settings = workloads.map(
    ({ name, selector, secrets = [] }) =>
      [name, { selector, secrets: secrets.map((secret) => secret.name) }] as const,
  );
  return [
    chartFile(
      { kind: "courier" },
      (app) =>
        new CourierChart(app, "courier", {
          image: fleet.pins.images.node,
          apiServerPort: hubCloud(fleet.name, fleet.cloud).cluster.apiServerPort,
          rootCertificate,
          workloads: Object.fromEntries(settings),
        }),
    ),
  ];
}
