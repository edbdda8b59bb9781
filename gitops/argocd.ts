/** Argo CD manages itself: the pinned chart with the values that lie beside the Application. */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Chart, Fleet } from "../fleet/model.ts";
import { argoApiVersion, argoNamespace, deviceServers, hubServer, syncPolicy } from "./argo.ts";
import type { Kind } from "./kinds.ts";
import { credentialObject, credentialVolume } from "./identity.ts";
import { formatYaml } from "./yaml.ts";

/** Of the chart's values in the state repository. */
export const valuesPath = "hub/argocd/values.yaml";

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
            helm: { releaseName: "argocd", valueFiles: [`$values/${valuesPath}`] },
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
  readonly domain: string;
  /** Every kind that Argo CD watches on devices. */
  readonly deviceKinds: readonly Kind[];
}

/**
 * Values of the chart argo-cd 10.1.1 (Argo CD 3.4.4). Nothing here depends on the number of devices,
 * so that adding one doesn't restart Argo CD. The figures are from design/operation.md.
 */
export function argoCdValues(props: ArgoCdValuesProps): Record<string, unknown> {
  return {
    global: { domain: `argocd.${props.domain}` },
    configs: {
      cm: {
        // Polling is the fallback; jitter keeps a thousand applications from asking at once.
        "timeout.reconciliation": "600s",
        "timeout.reconciliation.jitter": "120s",
        // Each watched kind is a connection to every device, and a log line a second for every
        // device that is lost. The hub has no rule here, so all its kinds are watched.
        "resource.inclusions": formatYaml(inclusions(props.deviceKinds)),
      },
      params: {
        // A device behind a black hole holds one of these for up to 30 s.
        "controller.status.processors": 60,
        "controller.cluster.cache.events.processing.interval": "1s",
      },
    },
    extraObjects: [credentialObject],
    controller: {
      ...credentialVolume,
      // `flotilla status` reads the devices' Kubernetes versions there.
      metrics: { enabled: true },
      env: [
        // A third less memory at the peak for a third more CPU.
        { name: "GOGC", value: "50" },
        { name: "ARGO_CD_UPDATE_CLUSTER_INFO_TIMEOUT", value: "60s" },
        // A device that was refused a moment ago may be there now: reconnect asks every 5 s, and an
        // absent one is refused at once. The default is 10 s.
        { name: "ARGOCD_CLUSTER_SYNC_RETRY_TIMEOUT_DURATION", value: "2s" },
      ],
    },
    // Nobody signs in through it yet, and nothing sends notifications.
    dex: { enabled: false },
    notifications: { enabled: false },
    server: { ...credentialVolume, service: { type: "ClusterIP" } },
  };
}

function inclusions(kinds: readonly Kind[]): unknown {
  const groups = [...new Set(kinds.map((kind) => kind.group))].toSorted();
  return groups.map((group) => ({
    apiGroups: [group],
    kinds: kinds.filter((kind) => kind.group === group).map((kind) => kind.kind),
    clusters: [deviceServers],
  }));
}
