import { ContainerNodePool } from "@cdktf/provider-google/lib/container-node-pool/index.js";
import { App, Chart } from "cdk8s";
import { expect, test } from "vitest";
import { gatewayNodeLabel } from "../../../fleet/model/contract.ts";
import { gatewaysOf } from "../../../fleet/rules/gateways.ts";
import { hubCloud } from "../../../gitops/clouds/index.ts";
import { GatewayDeployment } from "../../../gitops/gateway/deployment.ts";
import { HubNodePools } from "../../../infra/google/node-pools.ts";
import { sampleFleet } from "../../sample.ts";
import { resourcesOf, synthesized } from "./synthesized.ts";

interface Pool {
  readonly name: string;
  readonly autoscaling: object;
  readonly node_config: Readonly<Record<string, unknown>>;
  readonly lifecycle?: object;
}

function pools(spot = false): Readonly<Record<string, Pool>> {
  const stack = synthesized((scope) => {
    new HubNodePools(scope, "pools", {
      fleetName: "harbor",
      name: "harbor-hub",
      clusterId: "a-cluster",
      serviceAccount: "nodes@harbor.example",
      dependsOn: [],
      machineType: "e2-standard-4",
      minNodes: 2,
      maxNodes: 7,
      spot,
    });
  });
  const all = resourcesOf(stack, ContainerNodePool) as unknown as readonly Pool[];
  return Object.fromEntries(all.map((pool) => [pool.name, pool]));
}

test("limits count all zones together, and nothing fixes a count for a zone", () => {
  const { general, gateway } = pools();
  expect(general).toMatchObject({
    autoscaling: { total_min_node_count: 2, total_max_node_count: 7 },
    node_config: { machine_type: "e2-standard-4", spot: false },
  });
  expect(gateway?.autoscaling).toMatchObject({ total_min_node_count: 1, total_max_node_count: 3 });
  for (const pool of [general, gateway]) {
    expect(Object.keys(pool ?? {})).not.toContain("initial_node_count");
    expect(Object.keys(pool ?? {})).not.toContain("node_count");
  }
});

test("spot nodes are a pool of another name, created before the old one is deleted", () => {
  const lifecycle = { create_before_destroy: true };
  expect(pools().general).toMatchObject({ lifecycle });
  expect(pools(true)["general-spot"]).toMatchObject({ node_config: { spot: true }, lifecycle });
});

test("every node has its own account, and is a shielded machine", () => {
  for (const { node_config } of Object.values(pools())) {
    expect(node_config).toMatchObject({
      service_account: "nodes@harbor.example",
      resource_labels: { fleet: "harbor", "managed-by": "flotilla" },
      shielded_instance_config: { enable_secure_boot: true, enable_integrity_monitoring: true },
      workload_metadata_config: { mode: "GKE_METADATA" },
    });
  }
});

test("the gateway's nodes are those that its Deployment selects, and are never spot", () => {
  const { gateway } = pools(true);
  expect(gateway?.node_config).toMatchObject({
    image_type: "UBUNTU_CONTAINERD",
    labels: { [gatewayNodeLabel]: "true" },
    taint: [{ key: gatewayNodeLabel, value: "true", effect: "NO_SCHEDULE" }],
  });
  expect(gateway?.node_config["spot"]).toBeUndefined();

  const chart = new Chart(new App(), "test");
  const [first] = gatewaysOf(sampleFleet);
  if (first === undefined) throw new Error("no gateway");
  const { images } = sampleFleet.pins;
  new GatewayDeployment(chart, "gateway", {
    ...first,
    hubGeneration: 1,
    images,
    settingsDigest: "",
    nodes: hubCloud("harbor", sampleFleet.cloud).gatewayNodes,
  });
  expect(chart.toJson()[0].spec.template.spec).toMatchObject({
    nodeSelector: { [gatewayNodeLabel]: "true" },
    tolerations: [{ key: gatewayNodeLabel, value: "true", effect: "NoSchedule" }],
  });
});
