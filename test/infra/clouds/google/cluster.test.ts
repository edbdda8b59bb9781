import type { TerraformStack } from "cdktf";
import { expect, test } from "vitest";
import { HubCluster } from "../../../../infra/clouds/google/cluster.ts";
import { HubNetwork } from "../../../../infra/clouds/google/network.ts";
import { HubServices } from "../../../../infra/clouds/google/services.ts";
import { synthesizedResource } from "./synthesized.ts";

function build(stack: TerraformStack): void {
  const network = new HubNetwork(stack, "network", {
    fleetName: "harbor",
    name: "harbor-hub",
    region: "europe-west1",
    nodesRange: "10.1.0.0/20",
    podsRange: "10.2.0.0/16",
    servicesRange: "10.3.0.0/20",
  });
  new HubCluster(stack, "cluster", {
    fleetName: "harbor",
    name: "harbor-hub",
    project: "harbor-edge-hub",
    region: "europe-west1",
    network,
    machineType: "e2-standard-4",
    minNodes: 2,
    maxNodes: 7,
    dependsOn: new HubServices(stack, "services").all,
  });
}

test("the cluster is regional, uses the network's named ranges and waits for every API", () => {
  const cluster = synthesizedResource("google_container_cluster", build);
  expect(cluster).toMatchObject({
    location: "europe-west1",
    ip_allocation_policy: {
      cluster_secondary_range_name: "pods",
      services_secondary_range_name: "services",
    },
    workload_identity_config: { workload_pool: "harbor-edge-hub.svc.id.goog" },
    resource_labels: { fleet: "harbor", "managed-by": "flotilla" },
    deletion_protection: true,
  });
  expect(cluster["depends_on"]).toHaveLength(8);
});

test("the cluster has no nodes of its own, whose settings could not be changed in place", () => {
  const cluster = synthesizedResource("google_container_cluster", build);
  expect(cluster).toMatchObject({ remove_default_node_pool: true });
  expect(cluster["node_config"]).toBeUndefined();
});

test("the bounds of the pool count the whole region, and nothing fixes a count for a zone", () => {
  const pool = synthesizedResource("google_container_node_pool", build);
  expect(pool["autoscaling"]).toMatchObject({ total_min_node_count: 2, total_max_node_count: 7 });
  expect(pool).toMatchObject({ node_config: { machine_type: "e2-standard-4" } });
  expect(pool["initial_node_count"]).toBeUndefined();
  expect(pool["node_count"]).toBeUndefined();
});
