/**
 * node_exporter on every node of the hub. It mounts folders of the node and uses its network, so it
 * has a namespace of its own, and Prometheus' namespace stays restricted. It comes from the same chart
 * as Prometheus, with everything else switched off.
 *
 * Values: kube-prometheus-stack's values.yaml at 88.5.3, with prometheus-node-exporter 4.56.1, read on
 * 2026-11-23.
 */
import type { Construct } from "constructs";
import { z } from "zod";
import type { Values } from "../../fleet/model/values.ts";
import { podResources, restrictedContainer } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
import { monitoringNamespace, nodeExporterPort } from "./names.ts";
import { prometheusChart } from "./prometheus-chart.ts";

const name = "node-exporter";

export const nodeExporter = defineAddon({
  name,
  description: "Metrics of the hub's nodes.",
  options: z.strictObject(commonOptions),
  chart: prometheusChart,
  create: (scope, _hub, props) => new NodeExporter(scope, name, props),
});

export class NodeExporter extends Addon {
  constructor(scope: Construct, id: string, props: AddonProps) {
    super(scope, id, {
      ...props,
      name,
      namespace: name,
      podSecurity: "privileged",
      // The pods are in the nodes' network, where no policy reaches them.
      from: [{ namespaces: [monitoringNamespace], ports: [nodeExporterPort] }],
      wave: 1,
      defaults,
    });
  }
}

const off = { enabled: false };

const defaults: Values = {
  crds: off,
  defaultRules: { create: false },
  alertmanager: off,
  grafana: off,
  prometheusOperator: off,
  prometheus: off,
  kubeStateMetrics: off,
  kubernetesServiceMonitors: off,
  nodeExporter: { enabled: true },
  "prometheus-node-exporter": {
    fullnameOverride: name,
    // Prometheus has a monitor of its own for it, so that this works without Prometheus.
    prometheus: { monitor: off },
    containerSecurityContext: restrictedContainer,
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    resources: podResources("20m", 32, 96),
  },
};
