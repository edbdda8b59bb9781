import type { TerraformStack } from "cdktf";
import { expect, test } from "vitest";
import { HubDns, type HubDnsProps } from "../../../infra/google/dns.ts";
import { synthesizedResource, synthesizedResources } from "./synthesized.ts";

function build(props: Partial<HubDnsProps> = {}): (stack: TerraformStack) => void {
  return (stack) => {
    new HubDns(stack, "dns", {
      fleetName: "harbor",
      name: "harbor-hub",
      domain: "edge.harbor.example",
      gatewayHost: "gateway.edge.harbor.example",
      gatewayAddress: "203.0.113.9",
      deletionProtection: true,
      ...props,
    });
  };
}

test("the zone is signed, and gives way with all its records once it is not protected", () => {
  expect(synthesizedResource("google_dns_managed_zone", build())).toMatchObject({
    dns_name: "edge.harbor.example.",
    visibility: "public",
    dnssec_config: { state: "on" },
    force_destroy: true,
    lifecycle: { prevent_destroy: true },
  });
});

test("the gateway's name leads to its address", () => {
  expect(synthesizedResource("google_dns_record_set", build())).toMatchObject({
    name: "gateway.edge.harbor.example.",
    type: "A",
    rrdatas: ["203.0.113.9"],
  });
});

test.each(["203.0.113.9", "gateway.other.example", "gateway-edge.harbor.example"])(
  "%s is not in the zone, so it has no record here",
  (gatewayHost) => {
    expect(synthesizedResources("google_dns_record_set", build({ gatewayHost }))).toEqual([]);
  },
);
