/**
 * cert-manager: it renews the certificate by which Argo CD proves itself to the devices and, with
 * the platform, those of the hub's pages.
 *
 * The pages' certificates are Let's Encrypt's, proven by records in the fleet's own zone (DNS-01):
 * so they are there before a page can be reached.
 *
 * Values: the chart's values.yaml and values.schema.json at v1.21.1, read on 2026-11-22.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { z } from "zod";
import type { Fleet, Platform } from "../../fleet/model/fleet.ts";
import { hubName, podAccounts } from "../../fleet/model/contract.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { addon, commonOptions } from "./addon.ts";
import { accountAnnotation } from "./google-account.ts";
import { issuerName } from "./names.ts";

export const certManagerNamespace = podAccounts.certs.namespace;

const schema = z.strictObject({
  values: commonOptions.values,
  staging: z
    .boolean()
    .default(false)
    .describe("Let's Encrypt's server for trials: wide limits, but no browser trusts it."),
});

export const certManager = addon({
  name: "cert-manager",
  description: "Certificates: of the hub's pages, and its identity towards the devices.",
  core: true,
  namespace: { name: certManagerNamespace, podSecurity: "restricted" },
  // Webhook, and metrics.
  network: () => ({ from: [{ ports: [10250, 9402] }], to: [anyHttps] }),
  wave: 0,
  options: schema,
  chart: { name: "cert-manager", repository: "https://charts.jetstack.io", version: "v1.21.1" },
  release: ({ fleet }) => ({
    name: "cert-manager",
    values: {
      ...values,
      ...(fleet.platform && { serviceAccount: { annotations: accountAnnotation(fleet, "certs") } }),
    },
  }),
  objects: (scope, { fleet, options }) => {
    const { platform } = fleet;
    if (platform !== null) new PageIssuer(scope, "issuer", { fleet, platform, ...options });
  },
});

interface PageIssuerProps {
  readonly fleet: Fleet;
  readonly platform: Platform;
  readonly staging: boolean;
}

class PageIssuer extends Construct {
  constructor(scope: Construct, id: string, { fleet, platform, staging }: PageIssuerProps) {
    super(scope, id);
    const server = staging ? "acme-staging-v02" : "acme-v02";
    // The key of the account; another server knows another account.
    const privateKeySecretRef = { name: staging ? `${issuerName}-staging` : issuerName };
    const cloudDNS = { project: fleet.cloud.project, hostedZoneName: hubName(fleet.name) };
    new ApiObject(this, "issuer", {
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name: issuerName },
      spec: {
        acme: {
          server: `https://${server}.api.letsencrypt.org/directory`,
          email: platform.email,
          privateKeySecretRef,
          solvers: [{ selector: { dnsZones: [fleet.domain] }, dns01: { cloudDNS } }],
        },
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
