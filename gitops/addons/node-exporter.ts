/**
 * node_exporter on every node of the hub. It mounts the node's folders and sees its network, so it
 * has a namespace of its own, and Prometheus' namespace stays strict. It comes from the same chart as
 * Prometheus, of which everything else is off.
 *
 * Values: kube-prometheus-stack's values.yaml at 88.5.3, with prometheus-node-exporter 4.56.1, read on
 * 2026-11-23.
 */
import { z } from "zod";
import { addon, commonOptions } from "./addon.ts";
import { prometheusChart } from "./prometheus-chart.ts";

export const nodeExporterNamespace = "node-exporter";

/** On the nodes' own addresses. */
export const nodeExporterPort = 9100;

export const nodeExporter = addon({
  name: "node-exporter",
  description: "Metrics of the hub's nodes.",
  namespace: { name: nodeExporterNamespace, podSecurity: "privileged" },
  // The pods are in the nodes' network, where no policy reaches them.
  network: () => ({ from: [{ namespaces: ["monitoring"], ports: [nodeExporterPort] }], to: [] }),
  wave: 1,
  options: z.strictObject(commonOptions),
  chart: prometheusChart,
  release: () => ({ name: "node-exporter", values }),
});

const off = { enabled: false };

const values = {
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
    fullnameOverride: "node-exporter",
    // The monitor is Prometheus' own, so that this works without it.
    prometheus: { monitor: off },
    containerSecurityContext: {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    },
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "96Mi" } },
  },
};
