/**
 * Metrics: Prometheus' operator, Prometheus, Alertmanager, Grafana and kube-state-metrics, with the
 * fleet's alerts and dashboards (gitops/monitoring/). node_exporter is a separate add-on.
 *
 * Values: kube-prometheus-stack's values.yaml and templates at 88.5.3 (operator 0.93.1, Prometheus
 * 3.14.0, Alertmanager 0.34.0) with kube-state-metrics 8.4.0, read on 2026-11-23. Google runs the
 * control plane, so monitoring of its components is off.
 */
import { Construct } from "constructs";
import { z } from "zod";
import {
  argoNamespace,
  cloudSecretName,
  gatewayNamespace,
  systemNamespace,
} from "../../fleet/model/contract.ts";
import { outdatedAfterDays } from "../../fleet/rules/coreos-release.ts";
import type { Platform } from "../../fleet/model/platform.ts";
import { KubePersistentVolumeClaim, Quantity } from "../imports/k8s.ts";
import { clusterOf } from "../clouds/cloud.ts";
import { anyHttps, type NetworkProps } from "../kubernetes/network.ts";
import { podResources } from "../kubernetes/pods.ts";
import { DashboardConfigMap } from "../monitoring/dashboards/dashboard.ts";
import { dashboards } from "../monitoring/dashboards/index.ts";
import { runbookPage } from "../monitoring/dashboards/runbooks.ts";
import { monitors, Monitors } from "../monitoring/monitors.ts";
import { FleetRules } from "../monitoring/rules.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
import {
  alertmanagerConfig,
  alertPorts,
  AlertSecrets,
  alertSecrets,
  alertsOption,
  type AlertsOptions,
} from "./alerting.ts";
import { grafanaLoginSecret, grafanaService, grafanaValues } from "./grafana.ts";
import {
  ingressAddon,
  monitoringNamespace,
  nodeExporterPort,
  prometheusAddon,
  secretsAddon,
} from "./names.ts";
import { prometheusChart } from "./prometheus-chart.ts";
import { ProtectedHost } from "./protected-host.ts";
import { SharedSecret } from "./shared-secret.ts";
import { defaultSize, retentionOption, sizeOption, type SizeClass } from "./size-class.ts";
import type { Values } from "../../fleet/model/values.ts";

/** The prefix of every name that the chart creates: the Service `monitoring-prometheus` and so on. */
const prefix = "monitoring";

const podPorts = { grafana: 3000, prometheus: 9090, alertmanager: 9093, webhook: 10250 };

export const prometheus = defineAddon({
  name: prometheusAddon,
  description: "Metrics, alerts and dashboards: Prometheus, Alertmanager, Grafana.",
  options: z.strictObject({
    ...commonOptions,
    size: sizeOption,
    retentionDays: retentionOption("metrics"),
    alerts: alertsOption,
  }),
  chart: prometheusChart,
  create: (
    scope,
    { fleet, hosts, email, login, deviceCount, outdatedAfterDays: days, has },
    { size, ...props },
  ) =>
    new Prometheus(scope, prometheusAddon, {
      ...props,
      fleet,
      hosts,
      email,
      login,
      outdatedAfterDays: days,
      size: size ?? defaultSize(deviceCount),
      hasIngress: has(ingressAddon),
      hasExternalSecrets: has(secretsAddon),
    }),
});

export interface PrometheusProps extends AddonProps {
  /** Name of the fleet: a label of every series, and the prefix of its secrets' names. */
  readonly fleet: string;
  /** Hosts of the web interfaces. */
  readonly hosts: Pick<Platform["hosts"], "grafana" | "prometheus" | "alertmanager">;
  /** Alerts can be mailed to it. */
  readonly email: string;
  /** Who signs in at Grafana. */
  readonly login: Platform["login"];
  readonly size: SizeClass;
  /** The age of a Fedora CoreOS that does not update itself, in days. @default 56 */
  readonly outdatedAfterDays?: number | undefined;
  /** Days that metrics are kept while the disk has room. @default by the size */
  readonly retentionDays?: number | undefined;
  /** Who receives alerts. */
  readonly alerts: AlertsOptions;
  /** Whether F5 NGINX Ingress Controller serves the hosts. @default true */
  readonly hasIngress?: boolean;
  /**
   * Whether External Secrets brings the secrets of Grafana and Alertmanager. Without it you create
   * those Secrets. @default true
   */
  readonly hasExternalSecrets?: boolean;
}

interface Capacity {
  readonly requestMebibytes: number;
  readonly limitMebibytes: number;
  readonly storageGibibytes: number;
  readonly retentionDays: number;
}

/**
 * A series takes about 4 KiB of memory and a sample 1.5 bytes of disk. The hub has about 100,000
 * series, and a device sends about 300, once a minute.
 */
const capacities: Readonly<Record<SizeClass, Capacity>> = {
  small: { requestMebibytes: 768, limitMebibytes: 2048, storageGibibytes: 30, retentionDays: 30 },
  medium: { requestMebibytes: 2048, limitMebibytes: 5120, storageGibibytes: 60, retentionDays: 30 },
  large: {
    requestMebibytes: 6144,
    limitMebibytes: 16384,
    storageGibibytes: 250,
    retentionDays: 30,
  },
};

/** The share of the disk for it; the rest is for what Prometheus has not compacted yet. */
const retentionShare = 0.85;

export class Prometheus extends Addon {
  constructor(scope: Construct, id: string, props: PrometheusProps) {
    super(scope, id, {
      ...props,
      name: prometheusAddon,
      namespace: monitoringNamespace,
      ...network(props),
      wave: 1,
      defaults: defaults(props, clusterOf(scope).storageClass),
    });
    const { objects } = this;
    const { fleet, size, alerts, hasIngress = true, hasExternalSecrets = true } = props;
    const namespace = monitoringNamespace;
    if (hasIngress) new Hosts(objects, "hosts", props.hosts);
    new PrometheusDisk(objects, "disk", capacities[size]);
    if (hasExternalSecrets) {
      new SharedSecret(objects, "login", {
        namespace,
        name: grafanaLoginSecret,
        // The GitHub application of sign-on.
        cloudSecret: cloudSecretName(fleet, "login"),
        keys: { clientId: "clientId", clientSecret: "clientSecret" },
      });
      new AlertSecrets(objects, "alerts", { fleet, namespace, alerts });
    }
    new Monitors(objects, "monitors", { namespace });
    new FleetRules(objects, "rules", {
      namespace,
      outdatedAfterDays: props.outdatedAfterDays ?? outdatedAfterDays.default,
      grafana: props.hosts.grafana,
    });
    for (const dashboard of [...dashboards, runbookPage]) {
      new DashboardConfigMap(objects, dashboard.name, { dashboard, namespace });
    }
  }
}

/** The web interfaces. */
class Hosts extends Construct {
  constructor(scope: Construct, id: string, hosts: PrometheusProps["hosts"]) {
    super(scope, id);
    const host = (name: keyof typeof hosts, service: string, port: number) =>
      new ProtectedHost(this, name, {
        host: hosts[name],
        namespace: monitoringNamespace,
        service,
        port,
      });
    host("grafana", grafanaService, 80);
    host("prometheus", `${prefix}-prometheus`, podPorts.prometheus);
    host("alertmanager", `${prefix}-alertmanager`, podPorts.alertmanager);
  }
}

function network({ alerts }: PrometheusProps): Pick<NetworkProps, "from" | "to"> {
  return {
    from: [
      {
        namespaces: [ingressAddon],
        ports: [podPorts.grafana, podPorts.prometheus, podPorts.alertmanager],
      },
      // Metrics of devices, from the collector beside each gateway.
      { namespaces: [gatewayNamespace], ports: [podPorts.prometheus] },
      // The agents through which GKE's API server reaches a Service: `flotilla status` asks.
      { namespaces: [systemNamespace], ports: [podPorts.prometheus] },
      // Argo CD's notifications.
      { namespaces: [argoNamespace], ports: [podPorts.alertmanager] },
      { ports: [podPorts.webhook] },
    ],
    to: [
      anyHttps,
      // The nodes: their kubelets, on the same port as the webhook, and node_exporter.
      { ports: [podPorts.webhook, nodeExporterPort, ...alertPorts(alerts)] },
      ...monitors.map((monitor) => ({ namespaces: [monitor.namespace], ports: monitor.ports })),
    ],
  };
}

const off = { enabled: false };

function defaults(props: PrometheusProps, storageClass: string | undefined): Values {
  const { fleet, hosts, email, login, alerts } = props;
  return {
    fullnameOverride: prefix,
    // Google's components, which only Google can reach, and Services in kube-system.
    kubeControllerManager: off,
    kubeScheduler: off,
    kubeEtcd: off,
    kubeProxy: off,
    coreDns: off,
    kubeDns: off,
    // The add-on node-exporter installs the pods; their rules and dashboards are here.
    nodeExporter: {
      ...off,
      forceDeployDashboards: true,
      operatingSystems: { aix: off, darwin: off },
    },
    prometheusOperator: operator,
    prometheus: {
      prometheusSpec: {
        ...prometheusSpec(props, storageClass),
        externalUrl: `https://${hosts.prometheus}`,
        externalLabels: { fleet },
      },
    },
    alertmanager: {
      config: alertmanagerConfig(alerts, email),
      alertmanagerSpec: {
        ...alertmanagerSpec(storageClass),
        externalUrl: `https://${hosts.alertmanager}`,
        secrets: alertSecrets(alerts),
      },
    },
    grafana: grafanaValues(hosts.grafana, login.github),
    "kube-state-metrics": {
      fullnameOverride: "kube-state-metrics",
      // For this it would need the right to read every Secret of the hub.
      collectorsExclude: ["secrets"],
      resources: podResources("20m", 48, 192),
    },
  };
}

const operator: Values = {
  // cert-manager issues the webhook's certificate: the chart's own way needs Helm hooks. Rules are
  // applied before the webhook is up; the operator ignores an invalid one too.
  admissionWebhooks: {
    failurePolicy: "Ignore",
    certManager: { enabled: true },
    patch: { enabled: false },
  },
  // Endpoints, its default, are deprecated since Kubernetes 1.33.
  kubeletEndpointsEnabled: false,
  kubeletEndpointSliceEnabled: true,
  resources: podResources("20m", 64, 256),
  prometheusConfigReloader: { resources: podResources("20m", 32, 64) },
};

function prometheusSpec({ size, ...props }: PrometheusProps, storageClass?: string): Values {
  const capacity = capacities[size];
  const { requestMebibytes, limitMebibytes, storageGibibytes } = capacity;
  const { retentionDays = capacity.retentionDays } = props;
  const retentionMebibytes = Math.floor(storageGibibytes * 1024 * retentionShare);
  return {
    // Devices send metrics (gitops/monitoring/), including those that they kept while they were away.
    enableRemoteWriteReceiver: true,
    tsdb: { outOfOrderTimeWindow: "24h" },
    serviceDiscoveryRole: "EndpointSlice",
    scrapeInterval: "60s",
    evaluationInterval: "60s",
    retention: `${retentionDays}d`,
    retentionSize: `${retentionMebibytes}MiB`,
    resources: podResources("200m", requestMebibytes, limitMebibytes),
    // The template does not set the disk's size: see PrometheusDisk.
    storageSpec: claimTemplate(capacities.small.storageGibibytes, storageClass),
    // Rules and monitors of every add-on, not only of this release.
    ruleSelectorNilUsesHelmValues: false,
    serviceMonitorSelectorNilUsesHelmValues: false,
    podMonitorSelectorNilUsesHelmValues: false,
    probeSelectorNilUsesHelmValues: false,
    scrapeConfigSelectorNilUsesHelmValues: false,
  };
}

function alertmanagerSpec(storageClass?: string): Values {
  return {
    resources: podResources("20m", 32, 128),
    // Silences outlive the pod.
    storage: claimTemplate(1, storageClass),
  };
}

function claimTemplate(gibibytes: number, storageClass?: string): Values {
  const resources = { requests: { storage: `${gibibytes}Gi` } };
  const spec = {
    accessModes: ["ReadWriteOnce"],
    ...(storageClass !== undefined && { storageClassName: storageClass }),
    resources,
  };
  return { volumeClaimTemplate: { spec } };
}

/**
 * Prometheus' disk, with the name by which its StatefulSet looks for it. A StatefulSet reads its
 * template once, so a larger fleet would get a longer retention on the same disk. This object grows,
 * and the disk with it. It never shrinks, and Argo CD never deletes it; the namespace takes it along if the
 * add-on is switched off.
 */
class PrometheusDisk extends Construct {
  constructor(scope: Construct, id: string, { storageGibibytes }: Capacity) {
    super(scope, id);
    const name = `prometheus-${prefix}-prometheus`;
    const { storageClass } = clusterOf(this);
    new KubePersistentVolumeClaim(this, "claim", {
      metadata: {
        name: `${name}-db-${name}-0`,
        namespace: monitoringNamespace,
        annotations: { "argocd.argoproj.io/sync-options": "Prune=false,Delete=false" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(storageClass !== undefined && { storageClassName: storageClass }),
        resources: { requests: { storage: Quantity.fromString(`${storageGibibytes}Gi`) } },
      },
    });
  }
}
