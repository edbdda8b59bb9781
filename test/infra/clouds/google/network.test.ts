import { expect, test } from "vitest";
import { HubNetwork } from "../../../../infra/clouds/google/network.ts";
import { synthesizedResource } from "./synthesized.ts";

const props = {
  fleetName: "harbor",
  name: "harbor-hub",
  region: "europe-west1",
  nodesRange: "10.1.0.0/20",
  podsRange: "10.2.0.0/16",
  servicesRange: "10.3.0.0/20",
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
