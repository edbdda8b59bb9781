/**
 * Metrics: Prometheus' operator, Prometheus, Alertmanager, Grafana and kube-state-metrics, with the
 * fleet's alerts and dashboards (gitops/monitoring/). node_exporter is an add-on of its own.
 *
 * Values: kube-prometheus-stack's values.yaml and templates at 88.5.3 (operator 0.93.1, Prometheus
 * 3.14.0, Alertmanager 0.34.0) with kube-state-metrics 8.4.0, read on 2026-11-23. Google runs the
 * control plane, so what asks its parts is off.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { z } from "zod";
import { argoNamespace, gatewayNamespace } from "../../fleet/model/contract.ts";
import type { Platform } from "../../fleet/model/fleet.ts";
import { DashboardConfigMap } from "../monitoring/dashboards/dashboard.ts";
import { dashboards } from "../monitoring/dashboards/index.ts";
import { monitors, Monitors } from "../monitoring/monitors.ts";
import { FleetRules } from "../monitoring/rules.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { addon, commonOptions, type AddonContext } from "./addon.ts";
import {
  alertmanagerConfig,
  alertPorts,
  AlertSecrets,
  alertSecrets,
  alertsOption,
} from "./alerting.ts";
import { SharedSecret } from "./external-secrets.ts";
import { grafanaLoginSecret, grafanaService, grafanaValues } from "./grafana.ts";
import { ingressAddon } from "./names.ts";
import { nodeExporterPort } from "./node-exporter.ts";
import { Page } from "./page.ts";
import { prometheusChart } from "./prometheus-chart.ts";
import { sizeOf, sizeOption, type Size } from "./size.ts";

export const monitoringNamespace = "monitoring";

/** Of everything that the chart makes; the Services are called `monitoring-prometheus` and so on. */
const stem = "monitoring";

const podPorts = { grafana: 3000, prometheus: 9090, alertmanager: 9093, webhook: 10250 };

const schema = z.strictObject({
  ...commonOptions,
  size: sizeOption,
  retentionDays: z
    .int()
    .min(1)
    .max(3650)
    .optional()
    .describe("Days that metrics are kept while the disk has room; default: by the size."),
  alerts: alertsOption,
});

type Context = AddonContext<z.output<typeof schema>>;

interface Shape {
  readonly requestMebibytes: number;
  readonly limitMebibytes: number;
  readonly storageGibibytes: number;
  readonly retentionDays: number;
}

/**
 * A series takes some 4 KiB of memory and a sample 1.5 bytes of disk; the hub has about 100,000
 * series, and a device sends some 300, once a minute.
 */
const shapes: Readonly<Record<Size, Shape>> = {
  small: { requestMebibytes: 768, limitMebibytes: 2048, storageGibibytes: 30, retentionDays: 30 },
  medium: { requestMebibytes: 2048, limitMebibytes: 5120, storageGibibytes: 60, retentionDays: 30 },
  large: {
    requestMebibytes: 6144,
    limitMebibytes: 16384,
    storageGibibytes: 250,
    retentionDays: 30,
  },
};

/** Of the disk; the rest is for what Prometheus has not yet put in order. */
const retentionShare = 0.85;

export const prometheus = addon({
  name: "prometheus",
  description: "Metrics, alerts and dashboards: Prometheus, Alertmanager, Grafana.",
  namespace: { name: monitoringNamespace, podSecurity: "restricted" },
  network: ({ options }) => ({
    from: [
      {
        namespaces: [ingressAddon],
        ports: [podPorts.grafana, podPorts.prometheus, podPorts.alertmanager],
      },
      // The devices' metrics, by the collector beside each gateway.
      { namespaces: [gatewayNamespace], ports: [podPorts.prometheus] },
      // Argo CD's notifications.
      { namespaces: [argoNamespace], ports: [podPorts.alertmanager] },
      { ports: [podPorts.webhook] },
    ],
    to: [
      anyHttps,
      // The nodes: their kubelets, whose port is also the webhook's, and node_exporter.
      { ports: [podPorts.webhook, nodeExporterPort, ...alertPorts(options.alerts)] },
      ...monitors.map((monitor) => ({ namespaces: [monitor.namespace], ports: monitor.ports })),
    ],
  }),
  wave: 1,
  options: schema,
  chart: prometheusChart,
  release: (context) => ({
    name: "prometheus",
    values: values(context),
  }),
  objects: (scope, context) => {
    const { fleet, options } = context;
    const { hosts } = platformOf(context);
    const namespace = monitoringNamespace;
    const page = (name: "grafana" | "prometheus" | "alertmanager", service: string, port: number) =>
      new Page(scope, name, { fleet, host: hosts[name], namespace, service, port });
    page("grafana", grafanaService, 80);
    page("prometheus", `${stem}-prometheus`, podPorts.prometheus);
    page("alertmanager", `${stem}-alertmanager`, podPorts.alertmanager);
    new PrometheusDisk(scope, "disk", shapes[sizeOf(fleet, options.size)]);
    new SharedSecret(scope, "login", {
      fleet,
      namespace,
      name: grafanaLoginSecret,
      // The GitHub application of sign-on.
      from: "login",
      keys: { clientId: "clientId", clientSecret: "clientSecret" },
    });
    new AlertSecrets(scope, "alerts", { fleet, namespace, options: options.alerts });
    new Monitors(scope, "monitors", { namespace });
    new FleetRules(scope, "rules", { namespace });
    for (const dashboard of dashboards) {
      new DashboardConfigMap(scope, dashboard.name, { dashboard, namespace });
    }
  },
});

function platformOf({ fleet: { platform } }: Context): Platform {
  if (platform === null) throw new Error("Prometheus is a part of the platform");
  return platform;
}

const off = { enabled: false };

function values(context: Context): Record<string, unknown> {
  const { fleet, options } = context;
  const platform = platformOf(context);
  const { hosts, email } = platform;
  const shape = shapes[sizeOf(fleet, options.size)];
  return {
    fullnameOverride: stem,
    // Parts of Google's, which nobody else may ask, and Services in kube-system.
    kubeControllerManager: off,
    kubeScheduler: off,
    kubeEtcd: off,
    kubeProxy: off,
    coreDns: off,
    kubeDns: off,
    // The release of the add-on node-exporter has the pods; here are its rules and dashboards.
    nodeExporter: {
      ...off,
      forceDeployDashboards: true,
      operatingSystems: { aix: off, darwin: off },
    },
    prometheusOperator: operator,
    prometheus: {
      prometheusSpec: {
        ...prometheusSpec(shape, options.retentionDays),
        externalUrl: `https://${hosts.prometheus}`,
        externalLabels: { fleet: fleet.name },
      },
    },
    alertmanager: {
      config: alertmanagerConfig(options.alerts, email),
      alertmanagerSpec: {
        ...alertmanagerSpec,
        externalUrl: `https://${hosts.alertmanager}`,
        secrets: alertSecrets(options.alerts),
      },
    },
    grafana: grafanaValues(platform),
    "kube-state-metrics": {
      fullnameOverride: "kube-state-metrics",
      // It would have to read every Secret of the hub.
      collectorsExclude: ["secrets"],
      resources: resources(48, 192),
    },
  };
}

const operator = {
  // cert-manager makes the webhook's certificate: the chart's own way are Helm's hooks.
  // Rules are applied before it is up; a wrong one is left out by the operator as well.
  admissionWebhooks: {
    failurePolicy: "Ignore",
    certManager: { enabled: true },
    patch: { enabled: false },
  },
  // Endpoints, its default, are deprecated since Kubernetes 1.33.
  kubeletEndpointsEnabled: false,
  kubeletEndpointSliceEnabled: true,
  resources: resources(64, 256),
  prometheusConfigReloader: { resources: resources(32, 64) },
};

function prometheusSpec(shape: Shape, retentionDays: number | undefined): Record<string, unknown> {
  const { requestMebibytes, limitMebibytes, storageGibibytes } = shape;
  const retentionMebibytes = Math.floor(storageGibibytes * 1024 * retentionShare);
  return {
    // Devices send what they measured (gitops/monitoring/), also what they kept while away.
    enableRemoteWriteReceiver: true,
    tsdb: { outOfOrderTimeWindow: "24h" },
    serviceDiscoveryRole: "EndpointSlice",
    scrapeInterval: "60s",
    evaluationInterval: "60s",
    retention: `${retentionDays ?? shape.retentionDays}d`,
    retentionSize: `${retentionMebibytes}MiB`,
    resources: {
      requests: { cpu: "200m", memory: `${requestMebibytes}Mi` },
      limits: { memory: `${limitMebibytes}Mi` },
    },
    // Nobody knows a disk's size by its template: see PrometheusDisk.
    storageSpec: { volumeClaimTemplate: { spec: claim(shapes.small.storageGibibytes) } },
    // Rules and monitors of every add-on, not only of this release.
    ruleSelectorNilUsesHelmValues: false,
    serviceMonitorSelectorNilUsesHelmValues: false,
    podMonitorSelectorNilUsesHelmValues: false,
    probeSelectorNilUsesHelmValues: false,
    scrapeConfigSelectorNilUsesHelmValues: false,
  };
}

const alertmanagerSpec = {
  resources: resources(32, 128),
  // Silences outlive the pod.
  storage: { volumeClaimTemplate: { spec: claim(1) } },
};

function claim(gibibytes: number): Record<string, unknown> {
  return {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: `${gibibytes}Gi` } },
  };
}

/**
 * Prometheus' disk, under the name by which its StatefulSet looks for it. The template of a
 * StatefulSet is read once, so a larger fleet would get a longer retention on the same disk; this
 * object grows, and the disk with it. It never shrinks, and Argo CD never deletes it.
 */
class PrometheusDisk extends Construct {
  constructor(scope: Construct, id: string, { storageGibibytes }: Shape) {
    super(scope, id);
    const name = `prometheus-${stem}-prometheus`;
    new ApiObject(this, "claim", {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        name: `${name}-db-${name}-0`,
        namespace: monitoringNamespace,
        annotations: { "argocd.argoproj.io/sync-options": "Prune=false,Delete=false" },
      },
      spec: claim(storageGibibytes),
    });
  }
}

function resources(requestMebibytes: number, limitMebibytes: number): Record<string, unknown> {
  return {
    requests: { cpu: "20m", memory: `${requestMebibytes}Mi` },
    limits: { memory: `${limitMebibytes}Mi` },
  };
}
