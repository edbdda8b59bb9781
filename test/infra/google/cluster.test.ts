import { ContainerCluster } from "@cdktf/provider-google/lib/container-cluster/index.js";
import { expect, test } from "vitest";
import { HubCluster, type HubClusterProps } from "../../../infra/google/cluster.ts";
import { HubNetwork } from "../../../infra/google/network.ts";
import { HubServices } from "../../../infra/google/services.ts";
import { resourcesOf, synthesized } from "./synthesized.ts";

function built(props: Partial<HubClusterProps> = {}): Readonly<Record<string, unknown>> {
  const json = synthesized((stack) => {
    const network = new HubNetwork(stack, "network", {
      fleetName: "harbor",
      name: "harbor-hub",
      region: "europe-west1",
      nodesRange: "10.1.0.0/20",
      podsRange: "10.2.0.0/16",
      servicesRange: "10.3.0.0/20",
      deletionProtection: true,
    });
    new HubCluster(stack, "cluster", {
      fleetName: "harbor",
      name: "harbor-hub",
      project: "harbor-edge-hub",
      location: "europe-west1",
      network,
      serviceAccount: "nodes@harbor.example",
      maintenance: { days: ["Sat", "Sun"], start: "22:30", lengthMinutes: 360 },
      backup: false,
      deletionProtection: true,
      dependsOn: new HubServices(stack, "services").all,
      ...props,
    });
  });
  return resourcesOf(json, ContainerCluster)[0] ?? {};
}

test("the cluster is in its location, uses the named ranges and waits for every API", () => {
  const cluster = built();
  expect(cluster).toMatchObject({
    location: "europe-west1",
    ip_allocation_policy: {
      cluster_secondary_range_name: "pods",
      services_secondary_range_name: "services",
    },
    workload_identity_config: { workload_pool: "harbor-edge-hub.svc.id.goog" },
    resource_labels: { fleet: "harbor", "managed-by": "flotilla" },
  });
  expect(cluster["depends_on"]).toHaveLength(8);
  expect(built({ location: "europe-west1-b" })).toMatchObject({ location: "europe-west1-b" });
});

test("nodes and API server have no public address: IAM protects a DNS name", () => {
  expect(built()).toMatchObject({
    private_cluster_config: { enable_private_nodes: true },
    control_plane_endpoints_config: {
      dns_endpoint_config: { allow_external_traffic: true },
      ip_endpoints_config: { enabled: false },
    },
  });
});

test("the first pool is removed at once, and its settings are ignored later", () => {
  expect(built()).toMatchObject({
    remove_default_node_pool: true,
    node_config: { service_account: "nodes@harbor.example" },
    lifecycle: { prevent_destroy: true, ignore_changes: ["node_config"] },
  });
});

test("deletion is refused unless it is allowed", () => {
  expect(built()).toMatchObject({ deletion_protection: true });
  const open = built({ deletionProtection: false });
  expect(open).toMatchObject({ deletion_protection: false });
  expect(open["lifecycle"]).toEqual({ ignore_changes: ["node_config"] });
});

test("the maintenance window can pass midnight", () => {
  expect(built()).toMatchObject({
    maintenance_policy: {
      recurring_window: {
        start_time: "2026-01-01T22:30:00Z",
        end_time: "2026-01-02T04:30:00Z",
        recurrence: "FREQ=WEEKLY;BYDAY=SA,SU",
      },
    },
  });
});

test("Secrets are encrypted with the fleet's key where there is one", () => {
  expect(built()).toMatchObject({ database_encryption: { state: "DECRYPTED" } });
  expect(built({ secretsKeyId: "a-key" })).toMatchObject({
    database_encryption: { state: "ENCRYPTED", key_name: "a-key" },
  });
});
