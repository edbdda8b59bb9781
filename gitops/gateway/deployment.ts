/**
 * The pod of a gateway. What its images hold was read in their recipes on 2026-11-22:
 *
 *   tunnel   wg-easy 15.4.0 (August 2026; wg-easy/wg-easy, Dockerfile): Alpine's wireguard-tools,
 *            wireguard-go, nftables and BusyBox. Its own program, a user interface, is not run.
 *   proxy    Canonical's Squid 7.2 on Ubuntu 26.04, with security updates until May 2031
 *            (canonical/squid-rock, squid/7.2-26.04/rockcraft.yaml): no shell beyond dash, no root.
 *   metrics  Prometheus' node_exporter 1.12.1 (July 2026), of which the collector `textfile` alone
 *            runs. prometheus_wireguard_exporter, whose metrics the tunnel's script writes, got its
 *            last commit in 2022 and needs sudo.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { type Gateway } from "../../fleet/rules/gateways.ts";
import type { Pins } from "../../fleet/model/fleet.ts";
import type { TelemetryKeepers } from "../telemetry/telemetry.ts";
import { restrictedAmongOthers } from "../kubernetes/pods.ts";
import { collector, collectorVolumes } from "./collector.ts";
import { objectMetadata, podLabels, type GatewayProps } from "./object.ts";
import { peersName } from "./peers.ts";
import { proxyFile, scriptFile } from "./settings.ts";
import {
  gatewayMetricsPort,
  gatewayNodeLabel,
  gatewaySecret,
  proxyPort,
  tunnelPort,
} from "../../fleet/model/contract.ts";

export interface GatewayDeploymentProps extends GatewayProps {
  readonly images: Pins["images"];
  /** Of the settings: another one starts the pod anew. */
  readonly settingsDigest: string;
  /** Null: no device sends telemetry, and there is no collector. @default null */
  readonly keepers?: TelemetryKeepers | null;
}

/** One pod: a second one would split the devices' tunnels between them. */
export class GatewayDeployment extends Construct {
  constructor(scope: Construct, id: string, props: GatewayDeploymentProps) {
    super(scope, id);
    const { gateway, images, settingsDigest, keepers = null } = props;
    const labels = podLabels(gateway);
    new ApiObject(this, "deployment", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: objectMetadata(gateway),
      spec: {
        replicas: 1,
        revisionHistoryLimit: 3,
        strategy: { type: "Recreate" },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: { "flotilla.dev/settings": settingsDigest } },
          spec: {
            ...podSettings,
            ...(keepers !== null && { dnsPolicy: "ClusterFirst" }),
            containers: [
              tunnel(gateway, images.tunnel),
              proxy(images.proxy),
              metrics(images.metrics),
              ...(keepers === null ? [] : [collector(gateway, images.node, keepers)]),
            ],
            volumes: [...volumes(gateway), ...(keepers === null ? [] : collectorVolumes(keepers))],
          },
        },
      },
    });
  }
}

const podSettings = {
  nodeSelector: { [gatewayNodeLabel]: "true" },
  tolerations: [{ key: gatewayNodeLabel, operator: "Equal", value: "true", effect: "NoSchedule" }],
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  // Without a collector nothing in here asks the cluster's name server, which is out of its reach.
  dnsPolicy: "Default",
  terminationGracePeriodSeconds: 5,
  securityContext: { seccompProfile: { type: "RuntimeDefault" } },
};

function tunnel(gateway: Gateway, image: string): unknown {
  const check = { exec: { command: ["sh", `/etc/flotilla/settings/${scriptFile}`, "check"] } };
  return {
    name: "tunnel",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["sh", `/etc/flotilla/settings/${scriptFile}`],
    env: Object.entries({
      TUNNEL_ADDRESS: gateway.address,
      TUNNEL_RANGE: gateway.range,
      TUNNEL_PORT: String(tunnelPort),
    }).map(([name, value]) => ({ name, value })),
    ports: [{ name: "tunnel", containerPort: tunnelPort, protocol: "UDP" }],
    // Root and this one capability make an interface, its routes and its firewall.
    securityContext: {
      ...restrictedAmongOthers,
      runAsNonRoot: false,
      runAsUser: 0,
      runAsGroup: 0,
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
    },
    // With 2,000 peers: 50m at rest; wireguard-go, which is not needed on GKE, 41 to 58 MiB.
    resources: {
      requests: { cpu: "100m", memory: "64Mi" },
      limits: { cpu: "1", memory: "256Mi" },
    },
    startupProbe: { ...check, periodSeconds: 2, failureThreshold: 30 },
    livenessProbe: { ...check, periodSeconds: 20, timeoutSeconds: 5 },
    volumeMounts: [
      { name: "settings", mountPath: "/etc/flotilla/settings", readOnly: true },
      // Folders, not files: a mounted file would never change.
      { name: "peers", mountPath: "/etc/flotilla/peers", readOnly: true },
      { name: "key", mountPath: "/etc/flotilla/key", readOnly: true },
      { name: "state", mountPath: "/run/flotilla" },
      { name: "metrics", mountPath: "/run/metrics" },
      // For wireguard-go: its control socket, and the device that its interface is made of.
      { name: "control", mountPath: "/var/run/wireguard" },
      { name: "tun", mountPath: "/dev/net/tun" },
    ],
  };
}

function proxy(image: string): unknown {
  const open = { tcpSocket: { port: "proxy" } };
  return {
    name: "proxy",
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["/usr/sbin/squid", "-N", "-f", `/etc/flotilla/settings/${proxyFile}`],
    ports: [{ name: "proxy", containerPort: proxyPort, protocol: "TCP" }],
    securityContext: restrictedAmongOthers,
    // 25 MiB and 48 KiB for each connection; 3,000 of them: 165 MiB.
    resources: {
      requests: { cpu: "50m", memory: "96Mi" },
      limits: { cpu: "1", memory: "512Mi" },
    },
    startupProbe: { ...open, periodSeconds: 1, failureThreshold: 30 },
    readinessProbe: { ...open, periodSeconds: 10 },
    livenessProbe: { ...open, periodSeconds: 20, timeoutSeconds: 5 },
    volumeMounts: [
      { name: "settings", mountPath: "/etc/flotilla/settings", readOnly: true },
      { name: "scratch", mountPath: "/tmp" },
    ],
  };
}

function metrics(image: string): unknown {
  const page = { httpGet: { path: "/", port: "metrics" } };
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
    resources: {
      requests: { cpu: "10m", memory: "24Mi" },
      limits: { cpu: "200m", memory: "96Mi" },
    },
    readinessProbe: { ...page, periodSeconds: 10 },
    livenessProbe: { ...page, periodSeconds: 20, timeoutSeconds: 5 },
    volumeMounts: [{ name: "metrics", mountPath: "/run/metrics", readOnly: true }],
  };
}

function volumes(gateway: Gateway): readonly unknown[] {
  const key = { key: gateway.name, path: "private-key" };
  const memory = (sizeLimit: string) => ({ emptyDir: { medium: "Memory", sizeLimit } });
  return [
    { name: "settings", configMap: { name: gateway.name } },
    { name: "peers", configMap: { name: peersName(gateway) } },
    { name: "key", secret: { secretName: gatewaySecret, defaultMode: 0o400, items: [key] } },
    { name: "state", ...memory("4Mi") },
    { name: "metrics", ...memory("8Mi") },
    { name: "control", ...memory("1Mi") },
    { name: "scratch", emptyDir: { sizeLimit: "16Mi" } },
    { name: "tun", hostPath: { path: "/dev/net/tun", type: "CharDevice" } },
  ];
}
