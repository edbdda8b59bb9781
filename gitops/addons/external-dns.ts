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
import { podAccounts } from "../../fleet/model/contract.ts";
import { mergeValues, type Values } from "../../fleet/model/values.ts";
import { anyHttps } from "../kubernetes/network.ts";
import { podResources } from "../kubernetes/pods.ts";
import { Addon, commonOptions, defineAddon, type AddonProps } from "./addon.ts";
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
  create: (scope, { fleet, domain, cloud }, props) =>
    new ExternalDns(scope, "external-dns", {
      ...props,
      domain,
      owner: fleet,
      ...(cloud.dnsValues && { dnsValues: cloud.dnsValues }),
      accountAnnotations: cloud.accountAnnotations("dns"),
    }),
});

export interface ExternalDnsProps extends AddonProps {
  /** The DNS zone that it writes to. */
  readonly domain: string;
  /** Values of its chart that name the zone's provider. @default `values` have them */
  readonly dnsValues?: Values;
  /** It changes only records with this owner. */
  readonly owner: string;
  /** Annotations of its service account, with which it may write records. */
  readonly accountAnnotations: Readonly<Record<string, string>>;
  /** Whether it removes the record of a host that no longer exists. */
  readonly removeRecords: boolean;
}

export class ExternalDns extends Addon {
  constructor(scope: Construct, id: string, props: ExternalDnsProps) {
    const { domain, dnsValues = {}, owner, accountAnnotations, removeRecords } = props;
    super(scope, id, {
      ...props,
      name: "external-dns",
      namespace: account.namespace,
      to: [anyHttps],
      wave: 1,
      defaults: mergeValues(dnsValues, {
        serviceAccount: {
          name: account.name,
          ...(Object.keys(accountAnnotations).length > 0 && { annotations: accountAnnotations }),
        },
        // Terraform creates the gateway's record.
        sources: ["ingress"],
        domainFilters: [domain],
        policy: removeRecords ? "sync" : "upsert-only",
        txtOwnerId: owner,
        extraArgs: {
          "ingress-class": ingressClass,
        },
        resources: podResources("10m", 64, 128),
      }),
    });
  }
}
