/**
 * The collector of what devices tell the hub, beside the gateway that they dial: it alone listens at
 * the gateway's address in the tunnel. It is here, and not in a pod of its own, since only here a
 * packet's sender is who it says. See gitops/telemetry/.
 *
 * It is in no one's way: the pod counts as there without it (services.ts), and starts without the
 * Secret of Elasticsearch.
 */
import type { Gateway } from "../../fleet/rules/gateways.ts";
import { elasticsearchHost, elasticsearchPort, loggingNamespace } from "../addons/elasticsearch.ts";
import { logStreams } from "../addons/elasticsearch-keeper.ts";
import { monitoringNamespace } from "../addons/prometheus.ts";
import { logWriterSecret } from "../addons/log-writer.ts";
import { type TelemetryKeepers } from "../telemetry/telemetry.ts";
import { restrictedAmongOthers } from "../kubernetes/pods.ts";
import { devicesFile } from "./peers.ts";
import { telemetryPort } from "../../fleet/model/contract.ts";

/** In the gateway's ConfigMap. */
export const collectorFile = "collector.mjs";

/** Of the kubelet's probe; nothing in the tunnel reaches it. */
const healthPort = 8430;

/** As the operator of Prometheus names its Service: of its own, by the name of the release. */
const prometheusHost = `monitoring-prometheus.${monitoringNamespace}.svc`;
const prometheusPort = 9090;

const [, edgeStream] = logStreams;
const accessFolder = "/etc/flotilla/elasticsearch";

/** The container. `image`: of Node. */
export function collector(gateway: Gateway, image: string, keepers: TelemetryKeepers): unknown {
  const check = { httpGet: { path: "/", port: healthPort } };
  return {
    name: "collector",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "--max-old-space-size=192", `/etc/flotilla/settings/${collectorFile}`],
    env: Object.entries({
      ADDRESS: gateway.address,
      PORT: String(telemetryPort),
      HEALTH_PORT: String(healthPort),
      DEVICES: `/etc/flotilla/peers/${devicesFile}`,
      ...(keepers.logs && {
        LOGS_URL: `https://${elasticsearchHost}:${elasticsearchPort}/${edgeStream}`,
        LOGS_ACCESS: accessFolder,
      }),
      ...(keepers.metrics && {
        METRICS_URL: `http://${prometheusHost}:${prometheusPort}/api/v1/write`,
      }),
    }).map(([name, value]) => ({ name, value })),
    securityContext: restrictedAmongOthers,
    // 2,000 devices: 35 requests of some 30 KB each second.
    resources: {
      requests: { cpu: "50m", memory: "96Mi" },
      limits: { cpu: "1", memory: "512Mi" },
    },
    livenessProbe: { ...check, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: [
      { name: "settings", mountPath: "/etc/flotilla/settings", readOnly: true },
      { name: "peers", mountPath: "/etc/flotilla/peers", readOnly: true },
      ...(keepers.logs ? [{ name: "elasticsearch", mountPath: accessFolder, readOnly: true }] : []),
    ],
  };
}

/** What the pod has beside its own volumes. The user of the container is not root. */
export function collectorVolumes({ logs }: TelemetryKeepers): readonly unknown[] {
  if (!logs) return [];
  const secret = { secretName: logWriterSecret, optional: true, defaultMode: 0o444 };
  return [{ name: "elasticsearch", secret }];
}

/** Whom the collector reaches, as rules of a NetworkPolicy. */
export function collectorEgress({ logs, metrics }: TelemetryKeepers): readonly unknown[] {
  const to = (namespace: string, port: number) => ({
    ports: [{ protocol: "TCP", port }],
    to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } }],
  });
  return [
    // Names, which a node may answer by itself (GKE, "NodeLocal DNSCache").
    {
      ports: ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 })),
      to: [
        { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } },
        { ipBlock: { cidr: "169.254.20.10/32" } },
      ],
    },
    ...(logs ? [to(loggingNamespace, elasticsearchPort)] : []),
    ...(metrics ? [to(monitoringNamespace, prometheusPort)] : []),
  ];
}
