import { ComputeAddress } from "@cdktf/provider-google/lib/compute-address/index.js";
import { expect, test } from "vitest";
import { gatewayAddressName } from "../../../fleet/model/contract.ts";
import { HubAddresses } from "../../../infra/google/addresses.ts";
import { resourcesOf, synthesized } from "./synthesized.ts";

test("the gateway's address has the name by which its Service requests it", () => {
  const stack = synthesized((scope) => {
    new HubAddresses(scope, "addresses", {
      fleetName: "harbor",
      region: "europe-west1",
      deletionProtection: true,
    });
  });
  for (const name of [gatewayAddressName("harbor"), "harbor-ingress"]) {
    expect(stack).toHaveResourceWithProperties(ComputeAddress, {
      name,
      region: "europe-west1",
      address_type: "EXTERNAL",
      labels: { fleet: "harbor", "managed-by": "flotilla" },
      lifecycle: { prevent_destroy: true },
    });
  }
  expect(resourcesOf(stack, ComputeAddress)).toHaveLength(2);
});
