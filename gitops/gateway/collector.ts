/**
 * The container of the collector, which receives the devices' logs and metrics, in the pod of the
 * gateway that they dial. It listens at the gateway's address in the tunnel. In a pod of its own it
 * could not trust the source address of a packet. See gitops/programs/collector/.
 *
 * The gateway works without it: the pod counts as ready while the collector is not (services.ts), and
 * it starts without the Secret of Elasticsearch.
 */
import { systemNamespace, telemetryPort } from "../../fleet/model/contract.ts";
import {
  IntOrString,
  type Container,
  type NetworkPolicyEgressRule,
  type Volume,
} from "../imports/k8s.ts";
import { inNamespace, namePorts, tcpPorts } from "../kubernetes/network.ts";
import { containerResources, environment, restrictedAmongOthers } from "../kubernetes/pods.ts";
import { devicesFile } from "./peers.ts";

/** Where the collector sends what it receives. At least one of the two is there. */
export interface CollectorTargets {
  /** Elasticsearch. @default logs are refused */
  readonly logs?: LogsTarget | undefined;
  /** Prometheus. @default metrics are refused */
  readonly metrics?: CollectorTarget | undefined;
}

export interface CollectorTarget {
  /** Whole URL of its interface. */
  readonly url: string;
  /** Namespace of its pods. */
  readonly namespace: string;
  /** TCP port of its pods. */
  readonly port: number;
}

export interface LogsTarget extends CollectorTarget {
  /** Secret in the gateways' namespace, with `username`, `password` and `ca.crt`. */
  readonly secret: string;
}

export interface CollectorProps {
  /** The gateway's address in the tunnel. */
  readonly address: string;
  /** Image of Node, with its tag. */
  readonly image: string;
  readonly targets: CollectorTargets;
}

/** In the gateway's ConfigMap. */
export const collectorFile = "collector.mjs";

/** Port of the kubelet's probe. It is not reachable through the tunnel. */
const healthPort = 8430;

const accessFolder = "/etc/flotilla/elasticsearch";

export function collectorContainer({ address, image, targets }: CollectorProps): Container {
  const { logs, metrics } = targets;
  const healthCheck = { httpGet: { path: "/", port: IntOrString.fromNumber(healthPort) } };
  return {
    name: "collector",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "--max-old-space-size=192", `/etc/flotilla/settings/${collectorFile}`],
    env: environment({
      ADDRESS: address,
      PORT: String(telemetryPort),
      HEALTH_PORT: String(healthPort),
      DEVICES: `/etc/flotilla/peers/${devicesFile}`,
      ...(logs && { LOGS_URL: logs.url, LOGS_ACCESS: accessFolder }),
      ...(metrics && { METRICS_URL: metrics.url }),
    }),
    securityContext: restrictedAmongOthers,
    // 2,000 devices: 35 requests of about 30 KB each second.
    resources: containerResources({ cpu: "50m", memory: "96Mi" }, { cpu: "1", memory: "512Mi" }),
    livenessProbe: { ...healthCheck, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: [
      { name: "settings", mountPath: "/etc/flotilla/settings", readOnly: true },
      { name: "peers", mountPath: "/etc/flotilla/peers", readOnly: true },
      ...(logs ? [{ name: "elasticsearch", mountPath: accessFolder, readOnly: true }] : []),
    ],
  };
}

/** Volumes beside those of the gateway. The container's user is not root. */
export function collectorVolumes({ logs }: CollectorTargets): Volume[] {
  if (logs === undefined) return [];
  const secret = { secretName: logs.secret, optional: true, defaultMode: 0o444 };
  return [{ name: "elasticsearch", secret }];
}

/** What the collector connects to. */
export function collectorEgress({ logs, metrics }: CollectorTargets): NetworkPolicyEgressRule[] {
  const to = ({ namespace, port }: CollectorTarget): NetworkPolicyEgressRule => ({
    ports: tcpPorts(port),
    to: [{ namespaceSelector: inNamespace(namespace) }],
  });
  return [
    {
      ports: namePorts(),
      to: [
        { namespaceSelector: inNamespace(systemNamespace) },
        // The node's own name server (GKE, "NodeLocal DNSCache").
        { ipBlock: { cidr: "169.254.20.10/32" } },
      ],
    },
    ...(logs ? [to(logs)] : []),
    ...(metrics ? [to(metrics)] : []),
  ];
}
