/**
 * The pod of a gateway. What its images contain, by their build files on 2026-11-22:
 *
 *   tunnel   wg-easy 15.4.0 (August 2026; wg-easy/wg-easy, Dockerfile): Alpine's wireguard-tools,
 *            wireguard-go, nftables and BusyBox. Its own program, a web interface, does not run.
 *   proxy    Canonical's Squid 7.2 on Ubuntu 26.04, with security updates until May 2031
 *            (canonical/squid-rock, squid/7.2-26.04/rockcraft.yaml): no shell beyond dash, no root.
 *   metrics  Prometheus' node_exporter 1.12.1 (July 2026), with only the collector `textfile`.
 *            prometheus_wireguard_exporter, whose metrics the tunnel's script writes, got its
 *            last commit in 2022 and needs sudo.
 */
import { Construct } from "constructs";
import {
  gatewayMetricsPort,
  gatewaySecret,
  proxyPort,
  telemetryPort,
  tunnelPort,
} from "../../fleet/model/contract.ts";
import {
  IntOrString,
  KubeDeployment,
  Quantity,
  type Container,
  type PodSpec,
  type Volume,
} from "../imports/k8s.ts";
import {
  containerResources,
  environment,
  restrictedAmongOthers,
  settingsAnnotation,
} from "../kubernetes/pods.ts";
import type { HubCloud } from "../clouds/cloud.ts";
import { collectorContainer, collectorVolumes, type CollectorTargets } from "./collector.ts";
import { gatewayMetadata, gatewayPodLabels } from "./metadata.ts";
import { peersName } from "./peers.ts";
import { proxyFile, scriptFile } from "./settings.ts";

/** Container images with their tags. */
export interface GatewayImages {
  readonly tunnel: string;
  readonly proxy: string;
  readonly metrics: string;
  /** Node, for the collector. */
  readonly node: string;
}

export interface GatewayDeploymentProps {
  /** Name of the gateway. */
  readonly name: string;
  /** Its own IPv4 address in the tunnel. */
  readonly address: string;
  /** Addresses of its devices, in CIDR form. */
  readonly range: string;
  /** Which of the hub's keys it has. */
  readonly hubGeneration: number;
  readonly images: GatewayImages;
  /** Digest of the settings: a new one restarts the pod. */
  readonly settingsDigest: string;
  /** Where it runs. */
  readonly nodes: HubCloud["gatewayNodes"];
  /** @default the pod has no collector */
  readonly collector?: CollectorTargets | undefined;
}

/** One pod: a second one would split the devices' tunnels between them. */
export class GatewayDeployment extends Construct {
  constructor(scope: Construct, id: string, props: GatewayDeploymentProps) {
    super(scope, id);
    const { name, settingsDigest } = props;
    const labels = gatewayPodLabels(name);
    new KubeDeployment(this, "deployment", {
      metadata: gatewayMetadata(name),
      spec: {
        replicas: 1,
        revisionHistoryLimit: 3,
        strategy: { type: "Recreate" },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: settingsAnnotation(settingsDigest) },
          spec: podSpec(props),
        },
      },
    });
  }
}

function podSpec({
  name,
  address,
  range,
  hubGeneration,
  nodes,
  images,
  collector,
}: GatewayDeploymentProps): PodSpec {
  return {
    ...nodes,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Only the collector uses the cluster's name server; for the other containers it is unreachable.
    dnsPolicy: collector === undefined ? "Default" : "ClusterFirst",
    terminationGracePeriodSeconds: 5,
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      tunnelContainer({
        image: images.tunnel,
        address,
        range,
        openPort: collector && telemetryPort,
      }),
      proxyContainer(images.proxy),
      metricsContainer(images.metrics),
      ...(collector === undefined
        ? []
        : [collectorContainer({ address, image: images.node, targets: collector })]),
    ],
    volumes: [
      ...volumes(name, hubGeneration),
      ...(collector === undefined ? [] : collectorVolumes(collector)),
    ],
  };
}

interface TunnelContainerProps {
  readonly image: string;
  readonly address: string;
  readonly range: string;
  /** TCP port at the gateway's address that devices reach. */
  readonly openPort: number | undefined;
}

function tunnelContainer({ image, address, range, openPort }: TunnelContainerProps): Container {
  const check = { exec: { command: ["sh", `/etc/flotilla/settings/${scriptFile}`, "check"] } };
  return {
    name: "tunnel",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["sh", `/etc/flotilla/settings/${scriptFile}`],
    env: environment({
      TUNNEL_ADDRESS: address,
      TUNNEL_RANGE: range,
      TUNNEL_PORT: String(tunnelPort),
      ...(openPort !== undefined && { TUNNEL_OPEN_PORTS: String(openPort) }),
    }),
    ports: [{ name: "tunnel", containerPort: tunnelPort, protocol: "UDP" }],
    // An interface, its routes and its firewall require root and this capability.
    securityContext: {
      ...restrictedAmongOthers,
      runAsNonRoot: false,
      runAsUser: 0,
      runAsGroup: 0,
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
    },
    // With 2,000 peers: 50m at rest; wireguard-go, which GKE does not need, 41 to 58 MiB.
    resources: containerResources({ cpu: "100m", memory: "64Mi" }, { cpu: "1", memory: "256Mi" }),
    startupProbe: { ...check, periodSeconds: 2, failureThreshold: 30 },
    livenessProbe: { ...check, periodSeconds: 20, timeoutSeconds: 5 },
    volumeMounts: [
      { name: "settings", mountPath: "/etc/flotilla/settings", readOnly: true },
      // Folders, not files: a mounted file would never change.
      { name: "peers", mountPath: "/etc/flotilla/peers", readOnly: true },
      { name: "key", mountPath: "/etc/flotilla/key", readOnly: true },
      { name: "state", mountPath: "/run/flotilla" },
      { name: "metrics", mountPath: "/run/metrics" },
      // For wireguard-go: its control socket, and the device behind its interface.
      { name: "control", mountPath: "/var/run/wireguard" },
      { name: "tun", mountPath: "/dev/net/tun" },
    ],
  };
}

function proxyContainer(image: string): Container {
  const check = { tcpSocket: { port: IntOrString.fromString("proxy") } };
  return {
    name: "proxy",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["/usr/sbin/squid", "-N", "-f", `/etc/flotilla/settings/${proxyFile}`],
    ports: [{ name: "proxy", containerPort: proxyPort, protocol: "TCP" }],
    securityContext: restrictedAmongOthers,
    // 25 MiB and 48 KiB for each connection; 3,000 of them: 165 MiB.
    resources: containerResources({ cpu: "50m", memory: "96Mi" }, { cpu: "1", memory: "512Mi" }),
    startupProbe: { ...check, periodSeconds: 1, failureThreshold: 30 },
    readinessProbe: { ...check, periodSeconds: 10 },
    livenessProbe: { ...check, periodSeconds: 20, timeoutSeconds: 5 },
    volumeMounts: [
      { name: "settings", mountPath: "/etc/flotilla/settings", readOnly: true },
      { name: "scratch", mountPath: "/tmp" },
    ],
  };
}

function metricsContainer(image: string): Container {
  const check = { httpGet: { path: "/", port: IntOrString.fromString("metrics") } };
  return {
    name: "metrics",
    image,
    imagePullPolicy: "IfNotPresent",
    command: [
      "/bin/node_exporter",
      "--collector.disable-defaults",
      "--collector.textfile",
      "--collector.textfile.directory=/run/metrics",
      "--web.disable-exporter-metrics",
      `--web.listen-address=:${gatewayMetricsPort}`,
    ],
    ports: [{ name: "metrics", containerPort: gatewayMetricsPort, protocol: "TCP" }],
    securityContext: restrictedAmongOthers,
    resources: containerResources({ cpu: "10m", memory: "24Mi" }, { cpu: "200m", memory: "96Mi" }),
    readinessProbe: { ...check, periodSeconds: 10 },
    livenessProbe: { ...check, periodSeconds: 20, timeoutSeconds: 5 },
    volumeMounts: [{ name: "metrics", mountPath: "/run/metrics", readOnly: true }],
  };
}

function volumes(gateway: string, hubGeneration: number): Volume[] {
  const key = { key: gateway, path: "private-key" };
  return [
    { name: "settings", configMap: { name: gateway } },
    { name: "peers", configMap: { name: peersName(gateway) } },
    {
      name: "key",
      secret: { secretName: gatewaySecret(hubGeneration), defaultMode: 0o400, items: [key] },
    },
    inMemory("state", "4Mi"),
    inMemory("metrics", "8Mi"),
    inMemory("control", "1Mi"),
    { name: "scratch", emptyDir: { sizeLimit: Quantity.fromString("16Mi") } },
    { name: "tun", hostPath: { path: "/dev/net/tun", type: "CharDevice" } },
  ];
}

function inMemory(name: string, sizeLimit: string): Volume {
  return { name, emptyDir: { medium: "Memory", sizeLimit: Quantity.fromString(sizeLimit) } };
}
