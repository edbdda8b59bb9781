/**
 * external-dns: the records of the hub's hosts, in the fleet's own zone only.
 *
 * A TXT record beside each record that it creates names the fleet as the owner, so it never changes
 * records of others, like the gateway's.
 *
 * Values: the chart's values.yaml, values.schema.json and templates at 1.21.1, read on 2026-11-23.
 */
import type { Construct } from "constructs";
import { z } from "zod";
import { accountEmail, podAccounts } from "../../fleet/model/contract.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { podResources } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
import { accountAnnotation } from "./google-account.ts";
import { ingressClass } from "./names.ts";

const account = podAccounts.dns;

export const externalDns = defineAddon({
  name: "external-dns",
  description: "DNS records of the hub's web interfaces.",
  options: z.strictObject({
    ...commonOptions,
    removeRecords: z
      .boolean()
      .default(true)
      .describe("false keeps the record of a host that no longer exists."),
  }),
  chart: {
    name: "external-dns",
    repository: "https://kubernetes-sigs.github.io/external-dns",
    version: "1.21.1",
  },
  create: (scope, { fleet, domain, project }, props) =>
    new ExternalDns(scope, "external-dns", {
      ...props,
      domain,
      project,
      owner: fleet,
      accountEmail: accountEmail(fleet, project, "dns"),
    }),
});

export interface ExternalDnsProps extends AddonProps {
  /** The DNS zone that it writes to. */
  readonly domain: string;
  /** Google Cloud project of the zone. */
  readonly project: string;
  /** It changes only records with this owner. */
  readonly owner: string;
  /** The Google service account that may write records. */
  readonly accountEmail: string;
  /** Whether it removes the record of a host that no longer exists. */
  readonly removeRecords: boolean;
}

export class ExternalDns extends Addon {
  constructor(scope: Construct, id: string, props: ExternalDnsProps) {
    const { domain, project, owner, removeRecords } = props;
    super(scope, id, {
      ...props,
      name: "external-dns",
      namespace: account.namespace,
      to: [anyHttps],
      wave: 1,
      defaults: {
        provider: { name: "google" },
        serviceAccount: {
          name: account.name,
          annotations: accountAnnotation(props.accountEmail),
        },
        // Terraform creates the gateway's record.
        sources: ["ingress"],
        domainFilters: [domain],
        policy: removeRecords ? "sync" : "upsert-only",
        txtOwnerId: owner,
        extraArgs: {
          "google-project": project,
          "google-zone-visibility": "public",
          "ingress-class": ingressClass,
        },
        resources: podResources("10m", 64, 128),
      },
    });
  }
}
