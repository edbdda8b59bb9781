import { DnsManagedZone } from "@cdktf/provider-google/lib/dns-managed-zone/index.js";
import { DnsRecordSet } from "@cdktf/provider-google/lib/dns-record-set/index.js";
import { expect, test } from "vitest";
import { HubDns, type HubDnsProps } from "../../../infra/google/dns.ts";
import { synthesized } from "./synthesized.ts";

const dns = (props: Partial<HubDnsProps> = {}) =>
  synthesized((stack) => {
    new HubDns(stack, "dns", {
      fleetName: "harbor",
      name: "harbor-hub",
      domain: "edge.harbor.example",
      gatewayHost: "gateway.edge.harbor.example",
      gatewayAddress: "203.0.113.9",
      deletionProtection: true,
      ...props,
    });
  });

test("the zone is signed, protected, and can be deleted with its records afterwards", () => {
  expect(dns()).toHaveResourceWithProperties(DnsManagedZone, {
    dns_name: "edge.harbor.example.",
    visibility: "public",
    dnssec_config: { state: "on" },
    force_destroy: true,
    lifecycle: { prevent_destroy: true },
  });
});

test("the gateway's name has its address", () => {
  expect(dns()).toHaveResourceWithProperties(DnsRecordSet, {
    name: "gateway.edge.harbor.example.",
    type: "A",
    rrdatas: ["203.0.113.9"],
  });
});

test.each(["203.0.113.9", "gateway.other.example", "gateway-edge.harbor.example"])(
  "%s is not in the zone, so it has no record here",
  (gatewayHost) => {
    expect(dns({ gatewayHost })).not.toHaveResourceWithProperties(DnsRecordSet);
  },
);
