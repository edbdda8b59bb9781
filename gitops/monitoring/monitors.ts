/**
 * Where Prometheus finds the metrics of what is not part of its own chart. Pods are asked directly,
 * so that no chart needs a Service or a monitor for it.
 *
 * Labels and port names: the templates of argo-cd 10.1.1, cert-manager v1.21.1, nginx-ingress 2.6.4,
 * fluent-bit 0.58.1 and prometheus-node-exporter 4.56.1, read on 2026-11-23; of the gateway:
 * gateway/deployment.ts.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { argoNamespace, gatewayMetricsPort, gatewayNamespace } from "../../fleet/model/contract.ts";

export interface Monitor {
  readonly name: string;
  /** Of the pods. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the container's port, and its numbers for the network's rules. */
  readonly port: string;
  readonly ports: readonly number[];
  /** @default /metrics */
  readonly path?: string;
  /** Steps of Prometheus' metric relabelling. @default none */
  readonly metricRelabelings?: readonly unknown[];
}

/** The gateway calls a device by its name; its key and its address only make series longer. */
const deviceNames = [
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
      new ApiObject(this, monitor.name, {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
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

function endpoint({ name, port, path, metricRelabelings }: Monitor): unknown {
  return {
    port,
    ...(path !== undefined && { path }),
    // A certificate's namespace is what the metric says, not that of the pod which says it.
    honorLabels: true,
    // The rules of the chart of Prometheus know it by this.
    relabelings: [
      { targetLabel: "job", replacement: name, action: "replace" },
      ...(name === "node-exporter" ? [nodeInstance] : []),
    ],
    ...(metricRelabelings !== undefined && { metricRelabelings }),
  };
}

/** The chart's dashboards call a node by its name. */
const nodeInstance = {
  sourceLabels: ["__meta_kubernetes_pod_node_name"],
  targetLabel: "instance",
  action: "replace",
};
