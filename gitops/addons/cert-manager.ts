/**
 * cert-manager: it renews the client certificate of Argo CD and, with the platform, the certificates
 * of the hub's hosts. Those are from Let's Encrypt, validated by records in the fleet's own zone
 * (DNS-01), so they exist before a host can be reached.
 *
 * Values: the chart's values.yaml and values.schema.json at v1.21.1, read on 2026-11-22.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { z } from "zod";
import { podAccounts } from "../../fleet/model/contract.ts";
import type { Values } from "../../fleet/model/values.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { podResources } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
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
  create: (scope, { domain, email, cloud }, { staging, ...props }) =>
    new CertManager(scope, "cert-manager", {
      ...props,
      accountAnnotations: cloud.accountAnnotations("certs"),
      ...(cloud.dns01 && { issuer: { domain, email, dns01: cloud.dns01, staging } }),
    }),
});

export interface CertManagerProps extends AddonProps {
  /** Annotations of its service account, with which it may write records. @default none */
  readonly accountAnnotations?: Readonly<Record<string, string>>;
  /** Where certificates of hosts are from. @default none: no host has one */
  readonly issuer?: LetsEncryptIssuerProps;
}

export class CertManager extends Addon {
  constructor(scope: Construct, id: string, props: CertManagerProps) {
    const { accountAnnotations = {}, issuer } = props;
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
        ...(Object.keys(accountAnnotations).length > 0 && {
          serviceAccount: { annotations: accountAnnotations },
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
  /** The solver `dns01`, by its keys in YAML. */
  readonly dns01: Readonly<Record<string, unknown>>;
  /** Use the server for tests. @default false */
  readonly staging?: boolean;
}

export class LetsEncryptIssuer extends Construct {
  constructor(scope: Construct, id: string, props: LetsEncryptIssuerProps) {
    super(scope, id);
    const { domain, email, dns01, staging = false } = props;
    const server = staging ? "acme-staging-v02" : "acme-v02";
    // Not the typed class: it would drop the keys of `dns01`, which are those of YAML.
    new ApiObject(this, "issuer", {
      apiVersion: "cert-manager.io/v1",
      kind: "ClusterIssuer",
      metadata: { name: clusterIssuer },
      spec: {
        acme: {
          server: `https://${server}.api.letsencrypt.org/directory`,
          email,
          // The account's key; each server has its own accounts.
          privateKeySecretRef: { name: staging ? `${clusterIssuer}-staging` : clusterIssuer },
          solvers: [{ selector: { dnsZones: [domain] }, dns01 }],
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
