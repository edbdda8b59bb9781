import { expect, test } from "vitest";
import { HubNetwork } from "../../../infra/google/network.ts";
import { synthesizedResource } from "./synthesized.ts";

const props = {
  fleetName: "harbor",
  name: "harbor-hub",
  region: "europe-west1",
  nodesRange: "10.1.0.0/20",
  podsRange: "10.2.0.0/16",
  servicesRange: "10.3.0.0/20",
  deletionProtection: true,
};

test("the subnet carries the three ranges, pods and services by name", () => {
  const subnet = synthesizedResource("google_compute_subnetwork", (stack) => {
    const network = new HubNetwork(stack, "network", props);
    expect([network.podsRangeName, network.servicesRangeName]).toEqual(["pods", "services"]);
  });
  expect(subnet).toMatchObject({
    name: "harbor-hub-nodes",
    region: "europe-west1",
    ip_cidr_range: "10.1.0.0/20",
    secondary_ip_range: [
      { range_name: "pods", ip_cidr_range: "10.2.0.0/16" },
      { range_name: "services", ip_cidr_range: "10.3.0.0/20" },
    ],
  });
});

test("the network makes no subnets by itself and waits for nothing by default", () => {
  const network = synthesizedResource("google_compute_network", (stack) => {
    new HubNetwork(stack, "network", props);
  });
  expect(network).toMatchObject({ name: "harbor-hub", auto_create_subnetworks: false });
  expect(network["depends_on"]).toEqual([]);
});

test("nodes without public addresses get out through the NAT of their own subnet alone", () => {
  const nat = synthesizedResource("google_compute_router_nat", (stack) => {
    new HubNetwork(stack, "network", props);
  });
  expect(nat).toMatchObject({
    source_subnetwork_ip_ranges_to_nat: "LIST_OF_SUBNETWORKS",
    subnetwork: [
      {
        name: expect.stringContaining("google_compute_subnetwork"),
        source_ip_ranges_to_nat: ["ALL_IP_RANGES"],
      },
    ],
  });
});

test("Terraform refuses to delete it while it is protected, and not after", () => {
  for (const deletionProtection of [true, false]) {
    for (const type of ["google_compute_network", "google_compute_subnetwork"]) {
      const resource = synthesizedResource(type, (stack) => {
        new HubNetwork(stack, "network", { ...props, deletionProtection });
      });
      expect(resource["lifecycle"]).toEqual(
        deletionProtection ? { prevent_destroy: true } : undefined,
      );
    }
  }
});
