import { ComputeNetwork } from "@cdktf/provider-google/lib/compute-network/index.js";
import { ComputeRouterNat } from "@cdktf/provider-google/lib/compute-router-nat/index.js";
import { ComputeSubnetwork } from "@cdktf/provider-google/lib/compute-subnetwork/index.js";
import { expect, test } from "vitest";
import { HubNetwork, type HubNetworkProps } from "../../../infra/google/network.ts";
import { resourcesOf, synthesized } from "./synthesized.ts";

const network = (props: Partial<HubNetworkProps> = {}) =>
  synthesized((stack) => {
    new HubNetwork(stack, "network", {
      fleetName: "harbor",
      name: "harbor-hub",
      region: "europe-west1",
      nodesRange: "10.1.0.0/20",
      podsRange: "10.2.0.0/16",
      servicesRange: "10.3.0.0/20",
      deletionProtection: true,
      ...props,
    });
  });

test("the subnet has the three ranges, pods and services by name", () => {
  expect(network()).toHaveResourceWithProperties(ComputeSubnetwork, {
    name: "harbor-hub-nodes",
    region: "europe-west1",
    ip_cidr_range: "10.1.0.0/20",
    secondary_ip_range: [
      { range_name: "pods", ip_cidr_range: "10.2.0.0/16" },
      { range_name: "services", ip_cidr_range: "10.3.0.0/20" },
    ],
  });
});

test("the network creates no subnets by itself and waits for nothing by default", () => {
  expect(network()).toHaveResourceWithProperties(ComputeNetwork, {
    name: "harbor-hub",
    auto_create_subnetworks: false,
    depends_on: [],
  });
});

test("nodes without public addresses reach the internet through the NAT of their own subnet", () => {
  expect(network()).toHaveResourceWithProperties(ComputeRouterNat, {
    source_subnetwork_ip_ranges_to_nat: "LIST_OF_SUBNETWORKS",
    subnetwork: [
      {
        name: expect.stringContaining("google_compute_subnetwork"),
        source_ip_ranges_to_nat: ["ALL_IP_RANGES"],
      },
    ],
  });
});

test.each([
  [true, { prevent_destroy: true }],
  [false, undefined],
])("protected: %s", (deletionProtection, lifecycle) => {
  const stack = network({ deletionProtection });
  for (const type of [ComputeNetwork, ComputeSubnetwork]) {
    expect(resourcesOf(stack, type).map((each) => each["lifecycle"])).toEqual([lifecycle]);
  }
});
