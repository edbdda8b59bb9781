/**
 * cert-manager: it renews the certificate by which Argo CD proves itself to the devices.
 *
 * Values: the chart's values.yaml at v1.21.1, read on 2026-11-22.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import type { Chart } from "../../fleet/model.ts";
import { argoApiVersion, argoNamespace, hubServer, syncPolicy } from "../argo.ts";
import { Namespace } from "../namespace.ts";

export const certManagerNamespace = "cert-manager";

export interface CertManagerProps {
  readonly chart: Chart;
}

export class CertManager extends Construct {
  constructor(scope: Construct, id: string, props: CertManagerProps) {
    super(scope, id);
    new Namespace(this, "namespace", { name: certManagerNamespace, podSecurity: "restricted" });
    new ApiObject(this, "application", {
      apiVersion: argoApiVersion,
      kind: "Application",
      metadata: { name: "cert-manager", namespace: argoNamespace },
      spec: {
        project: "hub",
        source: {
          chart: "cert-manager",
          repoURL: props.chart.repository,
          targetRevision: props.chart.version,
          helm: { releaseName: "cert-manager", valuesObject: values },
        },
        destination: { server: hubServer, namespace: certManagerNamespace },
        syncPolicy,
      },
    });
  }
}

const values = {
  crds: { enabled: true },
  // The chart's default is kube-system, where an add-on has no business.
  global: { leaderElection: { namespace: certManagerNamespace } },
  // Its check runs as a hook of Helm after each sync, and says nothing that the health does not.
  startupapicheck: { enabled: false },
  resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  webhook: {
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
  },
  cainjector: {
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  },
};
