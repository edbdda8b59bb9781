/** Argo CD manages itself: the pinned chart with the values that lie beside the Application. */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { fleetHubSize } from "../../fleet/rules/hub-size.ts";
import type { Chart, Fleet } from "../../fleet/model/fleet.ts";
import { mergeValues } from "../../fleet/model/values.ts";
import { platformValues } from "./platform.ts";
import { argoApiVersion, deviceServers, hubServer, syncPolicy } from "./names.ts";
import type { Kind } from "../kubernetes/kinds.ts";
import {
  argoNamespace,
  argoRelease,
  deviceLabel,
  ringLabel,
  siteLabel,
  workloadLabel,
} from "../../fleet/model/contract.ts";
import { credentialObject, credentialVolume } from "./identity.ts";
import { podResources } from "../kubernetes/pods.ts";
import { planHealth } from "../upgrades/plan.ts";
import { formatYaml } from "../kubernetes/yaml.ts";
import { statePath } from "../../fleet/model/state-layout.ts";

export interface ArgoCdProps {
  readonly repository: Fleet["repository"];
  readonly chart: Chart;
}

export class ArgoCd extends Construct {
  constructor(scope: Construct, id: string, props: ArgoCdProps) {
    super(scope, id);
    new ApiObject(this, "application", {
      apiVersion: argoApiVersion,
      kind: "Application",
      metadata: { name: "argocd", namespace: argoNamespace },
      spec: {
        project: "hub",
        sources: [
          {
            chart: "argo-cd",
            repoURL: props.chart.repository,
            targetRevision: props.chart.version,
            // The release that bootstrap installs: another name would make a second Argo CD.
            helm: {
              releaseName: argoRelease,
              valueFiles: [`$values/${statePath({ kind: "argoCdValues" })}`],
            },
          },
          {
            ref: "values",
            repoURL: props.repository.url,
            targetRevision: props.repository.branch,
          },
        ],
        destination: { server: hubServer, namespace: argoNamespace },
        syncPolicy,
      },
    });
  }
}

export interface ArgoCdValuesProps {
  readonly fleet: Fleet;
  /** Every kind that Argo CD watches on devices. */
  readonly deviceKinds: readonly Kind[];
}

/**
 * Values of the chart argo-cd 10.1.1 (Argo CD 3.4.4). What depends on the number of devices goes in
 * steps that are far apart (fleet/rules/hub-size.ts), so that adding one doesn't restart Argo CD. The
 * figures are from design/operation.md.
 */
export function argoCdValues({ fleet, deviceKinds }: ArgoCdValuesProps): Record<string, unknown> {
  const { platform } = fleet;
  const size = fleetHubSize(fleet);
  const values = {
    global: {
      domain: platform?.hosts.argocd ?? `argocd.${fleet.domain}`,
      // The chart's policies let in what each component is for; nothing else gets in.
      networkPolicy: { create: true, defaultDenyIngress: true },
    },
    configs: {
      cm: {
        // Polling is the fallback; jitter keeps a thousand applications from asking at once.
        "timeout.reconciliation": "600s",
        "timeout.reconciliation.jitter": "120s",
        // Each watched kind is a connection to every device, and a log line a second for every
        // device that is lost. The hub has no rule here, so all its kinds are watched.
        "resource.inclusions": formatYaml(inclusions(deviceKinds)),
        ...(fleet.k3s !== null && {
          "resource.customizations.health.upgrade.cattle.io_Plan": planHealth,
        }),
      },
      params: {
        "controller.status.processors": size.statusProcessors,
        "controller.cluster.cache.events.processing.interval": "1s",
        ...(size.shards > 1 && { "controller.sharding.algorithm": "consistent-hashing" }),
      },
    },
    extraObjects: [credentialObject],
    controller: {
      ...credentialVolume,
      replicas: size.shards,
      resources: {
        requests: { cpu: "250m", memory: `${size.controllerMebibytes}Mi` },
        limits: { memory: `${Math.ceil(size.controllerMebibytes * 1.25)}Mi` },
      },
      // `flotilla status` reads the devices' Kubernetes versions there; the alerts need the labels.
      metrics: { enabled: true, applicationLabels: { enabled: true, labels: applicationLabels } },
      env: [
        // A third less memory at the peak for a third more CPU.
        { name: "GOGC", value: "50" },
        { name: "ARGO_CD_UPDATE_CLUSTER_INFO_TIMEOUT", value: "60s" },
        // A device that was refused a moment ago may be there now: reconnect asks every 5 s, and an
        // absent one is refused at once. The default is 10 s.
        { name: "ARGOCD_CLUSTER_SYNC_RETRY_TIMEOUT_DURATION", value: "2s" },
      ],
    },
    applicationSet: { resources: podResources("50m", 128, 512) },
    repoServer: { resources: podResources("50m", 192, 1024) },
    redis: { resources: podResources("50m", 32, 256) },
    server: {
      ...credentialVolume,
      service: { type: "ClusterIP" },
      resources: podResources("50m", 192, 512),
    },
    // Without a platform nobody signs in but the administrator, and there is nothing to notify.
    dex: { enabled: false },
    notifications: { enabled: false },
  };
  return mergeValues(
    platform === null ? values : mergeValues(values, platformValues(platform)),
    fleet.argocd.values,
  );
}

const applicationLabels = [deviceLabel, siteLabel, ringLabel, workloadLabel];

function inclusions(kinds: readonly Kind[]): unknown {
  const groups = [...new Set(kinds.map((kind) => kind.group))].toSorted();
  return groups.map((group) => ({
    apiGroups: [group],
    kinds: kinds.filter((kind) => kind.group === group).map((kind) => kind.kind),
    clusters: [deviceServers],
  }));
}
