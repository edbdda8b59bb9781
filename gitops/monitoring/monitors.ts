/**
 * Where Prometheus finds metrics that its own chart does not scrape. It scrapes pods directly, so no
 * chart needs a Service or a monitor.
 *
 * Labels and port names: the templates of argo-cd 10.1.1, cert-manager v1.21.1, nginx-ingress 2.6.4,
 * fluent-bit 0.58.1 and prometheus-node-exporter 4.56.1, read on 2026-11-23; of the gateway:
 * gateway/deployment.ts.
 */
import { Construct } from "constructs";
import {
  PodMonitor,
  type PodMonitorSpecPodMetricsEndpoints,
} from "../imports/monitoring.coreos.com.ts";
import { argoNamespace, gatewayMetricsPort, gatewayNamespace } from "../../fleet/model/contract.ts";

export interface Monitor {
  readonly name: string;
  /** The namespace of the pods. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the container's port. */
  readonly port: string;
  /** The numbers that the port has in these pods, for network policies. */
  readonly ports: readonly number[];
  /** @default /metrics */
  readonly path?: string;
  /** Steps of Prometheus' metric relabelling. @default none */
  readonly metricRelabelings?: PodMonitorSpecPodMetricsEndpoints["metricRelabelings"];
}

/** Keeps the device's name; its key and its address only make series longer. */
const deviceNames: Monitor["metricRelabelings"] = [
  { sourceLabels: ["friendly_name"], targetLabel: "device", regex: "(.+)", action: "replace" },
  { regex: "friendly_name|public_key|allowed_ips", action: "labeldrop" },
];

export const monitors: readonly Monitor[] = [
  {
    name: "argocd",
    namespace: argoNamespace,
    labels: { "app.kubernetes.io/part-of": "argocd" },
    port: "metrics",
    // Controller, server, repository server, ApplicationSets, notifications, Dex.
    ports: [8082, 8083, 8084, 8080, 9001, 5558],
  },
  {
    name: "gateway",
    namespace: gatewayNamespace,
    labels: { "app.kubernetes.io/name": "gateway" },
    port: "metrics",
    ports: [gatewayMetricsPort],
    metricRelabelings: deviceNames,
  },
  {
    name: "nginx-ingress",
    namespace: "nginx-ingress",
    labels: { "app.kubernetes.io/name": "nginx-ingress" },
    port: "prometheus",
    ports: [9113],
  },
  {
    name: "cert-manager",
    namespace: "cert-manager",
    labels: { "app.kubernetes.io/instance": "cert-manager" },
    port: "http-metrics",
    ports: [9402],
  },
  {
    name: "fluent-bit",
    namespace: "fluent-bit",
    labels: { "app.kubernetes.io/name": "fluent-bit" },
    port: "http",
    ports: [2020],
    path: "/api/v2/metrics/prometheus",
  },
  {
    name: "node-exporter",
    namespace: "node-exporter",
    labels: { "app.kubernetes.io/name": "prometheus-node-exporter" },
    port: "http-metrics",
    ports: [9100],
  },
];

export class Monitors extends Construct {
  constructor(scope: Construct, id: string, { namespace }: { readonly namespace: string }) {
    super(scope, id);
    for (const monitor of monitors) {
      new PodMonitor(this, monitor.name, {
        metadata: { name: monitor.name, namespace },
        spec: {
          namespaceSelector: { matchNames: [monitor.namespace] },
          selector: { matchLabels: monitor.labels },
          podMetricsEndpoints: [endpoint(monitor)],
        },
      });
    }
  }
}

function endpoint(monitor: Monitor): PodMonitorSpecPodMetricsEndpoints {
  const { name, port, path, metricRelabelings } = monitor;
  return {
    port,
    ...(path !== undefined && { path }),
    // The namespace of a certificate is that in the metric, not that of the pod.
    honorLabels: true,
    // The rules of Prometheus' chart select by this.
    relabelings: [
      { targetLabel: "job", replacement: name, action: "replace" },
      ...(name === "node-exporter" ? [nodeInstance] : []),
    ],
    ...(metricRelabelings !== undefined && { metricRelabelings }),
  };
}

/** The chart's dashboards identify a node by its name. */
const nodeInstance = {
  sourceLabels: ["__meta_kubernetes_pod_node_name"],
  targetLabel: "instance",
  action: "replace",
} as const;
