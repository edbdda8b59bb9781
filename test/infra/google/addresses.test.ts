import { expect, test } from "vitest";
import { gatewayAddressName } from "../../../fleet/model/contract.ts";
import { HubAddresses } from "../../../infra/google/addresses.ts";
import { synthesizedResources } from "./synthesized.ts";

test("the gateway's address bears the name by which its Service asks for it", () => {
  const addresses = synthesizedResources("google_compute_address", (stack) => {
    new HubAddresses(stack, "addresses", {
      fleetName: "harbor",
      region: "europe-west1",
      deletionProtection: true,
    });
  });
  expect(addresses.map(({ name }) => name)).toEqual([
    gatewayAddressName("harbor"),
    "harbor-ingress",
  ]);
  for (const address of addresses) {
    expect(address).toMatchObject({
      region: "europe-west1",
      address_type: "EXTERNAL",
      labels: { fleet: "harbor", "managed-by": "flotilla" },
      lifecycle: { prevent_destroy: true },
    });
  }
});
