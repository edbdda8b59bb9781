/**
 * external-dns: the record of each page, in the fleet's own zone and in no other.
 *
 * A record that it made names the fleet as its owner (a TXT record beside it), so it never touches
 * one of somebody else, like the gateway's.
 *
 * Values: the chart's values.yaml, values.schema.json and templates at 1.21.1, read on 2026-11-23.
 */
import { z } from "zod";
import { anyHttps } from "../kubernetes/network.ts";
import { addon, commonOptions } from "./addon.ts";
import { accountAnnotation } from "./google-account.ts";
import { ingressClass } from "./names.ts";
import { podAccounts } from "../../fleet/model/contract.ts";

const { namespace, name } = podAccounts.dns;

const schema = z.strictObject({
  ...commonOptions,
  removeRecords: z
    .boolean()
    .default(true)
    .describe("false leaves a record behind when its page is gone."),
});

export const externalDns = addon({
  name,
  description: "DNS records of the hub's pages.",
  namespace: { name: namespace, podSecurity: "restricted" },
  network: () => ({ from: [], to: [anyHttps] }),
  wave: 1,
  options: schema,
  chart: {
    name: "external-dns",
    repository: "https://kubernetes-sigs.github.io/external-dns",
    version: "1.21.1",
  },
  release: ({ fleet, options }) => ({
    name,
    values: {
      provider: { name: "google" },
      serviceAccount: { name, annotations: accountAnnotation(fleet, "dns") },
      // The gateway's record is Terraform's.
      sources: ["ingress"],
      domainFilters: [fleet.domain],
      policy: options.removeRecords ? "sync" : "upsert-only",
      txtOwnerId: fleet.name,
      extraArgs: {
        "google-project": fleet.cloud.project,
        "google-zone-visibility": "public",
        "ingress-class": ingressClass,
      },
      resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
    },
  }),
});
