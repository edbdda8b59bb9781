/**
 * cert-manager: it renews the client certificate of Argo CD and, with the platform, the certificates
 * of the hub's hosts. Those are from Let's Encrypt, validated by records in the fleet's own zone
 * (DNS-01), so they exist before a host can be reached.
 *
 * Values: the chart's values.yaml and values.schema.json at v1.21.1, read on 2026-11-22.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { accountEmail, hubName, podAccounts } from "../../fleet/model/contract.ts";
import type { Values } from "../../fleet/model/values.ts";
import { ClusterIssuer } from "../imports/cert-manager.io.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { podResources } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
import { accountAnnotation } from "./google-account.ts";
import { clusterIssuer } from "./names.ts";

const { namespace } = podAccounts.certs;

export const certManager = defineAddon({
  name: "cert-manager",
  description: "Certificates: of the hub's web interfaces, and of the hub towards the devices.",
  // It cannot be switched off: without it no device can be reached.
  options: z.strictObject({
    values: commonOptions.values,
    staging: z
      .boolean()
      .default(false)
      .describe("Let's Encrypt's server for tests: high limits, but no browser trusts it."),
  }),
  chart: { name: "cert-manager", repository: "https://charts.jetstack.io", version: "v1.21.1" },
  create: (scope, { fleet, domain, email, project }, { staging, ...props }) =>
    new CertManager(scope, "cert-manager", {
      ...props,
      accountEmail: accountEmail(fleet, project, "certs"),
      issuer: { domain, email, project, managedZone: hubName(fleet), staging },
    }),
});

export interface CertManagerProps extends AddonProps {
  /** The Google service account that may write records. @default none */
  readonly accountEmail?: string;
  /** Where certificates of hosts are from. @default none: no host has one */
  readonly issuer?: LetsEncryptIssuerProps;
}

export class CertManager extends Addon {
  constructor(scope: Construct, id: string, props: CertManagerProps) {
    const { accountEmail: account, issuer } = props;
    super(scope, id, {
      ...props,
      name: "cert-manager",
      namespace,
      // Its webhook, and metrics.
      from: [{ ports: [10250, 9402] }],
      to: [anyHttps],
      wave: 0,
      defaults: {
        ...defaults,
        ...(account !== undefined && {
          serviceAccount: { annotations: accountAnnotation(account) },
        }),
      },
    });
    if (issuer !== undefined) new LetsEncryptIssuer(this.objects, "issuer", issuer);
  }
}

export interface LetsEncryptIssuerProps {
  /** DNS zone of the hosts. */
  readonly domain: string;
  /** Let's Encrypt writes to it. */
  readonly email: string;
  /** Google Cloud project of the zone. */
  readonly project: string;
  /** Name of the zone in Cloud DNS. */
  readonly managedZone: string;
  /** Use the server for tests. @default false */
  readonly staging?: boolean;
}

export class LetsEncryptIssuer extends Construct {
  constructor(scope: Construct, id: string, props: LetsEncryptIssuerProps) {
    super(scope, id);
    const { domain, email, project, managedZone, staging = false } = props;
    const server = staging ? "acme-staging-v02" : "acme-v02";
    const cloudDns = { project, hostedZoneName: managedZone };
    new ClusterIssuer(this, "issuer", {
      metadata: { name: clusterIssuer },
      spec: {
        acme: {
          server: `https://${server}.api.letsencrypt.org/directory`,
          email,
          // The account's key; each server has its own accounts.
          privateKeySecretRef: { name: staging ? `${clusterIssuer}-staging` : clusterIssuer },
          solvers: [{ selector: { dnsZones: [domain] }, dns01: { cloudDns } }],
        },
      },
    });
  }
}

const defaults: Values = {
  crds: { enabled: true },
  // The chart's default is kube-system, where an add-on has no rights.
  global: { leaderElection: { namespace } },
  // It runs as a Helm hook after each sync, and reports nothing that the health does not.
  startupapicheck: { enabled: false },
  resources: podResources("10m", 64, 256),
  webhook: { resources: podResources("10m", 32, 128) },
  cainjector: { resources: podResources("10m", 64, 256) },
};
