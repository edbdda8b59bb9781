/** What is reported where Google has something already; the commands are run in test/google. */
import { expect, test } from "vitest";
import {
  importAdvice,
  importId,
  type StackFile,
} from "../../../../cli/hub/deploy/google-imports.ts";
import { planRefusal } from "../../../../cli/hub/deploy/plan-refusals.ts";
import { onOneLine } from "../../../../cli/hub/deploy/terraform-errors.ts";
import { synthesizeInfra } from "../../../../cli/project/infra-files.ts";
import { fullFleet } from "../../../infra/fleets.ts";

const stack = JSON.parse(
  synthesizeInfra(fullFleet).get("stacks/hub/cdk.tf.json") ?? "",
) as StackFile;
const addresses = Object.entries(stack.resource ?? {}).flatMap(([type, resources]) =>
  Object.keys(resources).map((id) => `${type}.${id}`),
);
const place = "projects/harbor-edge-hub";

test("what has a name of its own in the hub is imported by it", () => {
  const ids = addresses.flatMap((address) => importId(address, stack) ?? []);
  expect(ids.toSorted()).toEqual([
    `${place}/global/networks/harbor-hub`,
    `${place}/locations/us-east1/backupPlans/harbor-hub`,
    `${place}/locations/us-east1/clusters/harbor-hub`,
    `${place}/locations/us-east1/clusters/harbor-hub/nodePools/gateway`,
    `${place}/locations/us-east1/clusters/harbor-hub/nodePools/general`,
    `${place}/locations/us-east1/keyRings/harbor-hub`,
    `${place}/locations/us-east1/keyRings/harbor-hub/cryptoKeys/secrets`,
    `${place}/managedZones/harbor-hub`,
    `${place}/managedZones/harbor-hub/rrsets/gateway.edge.harbor.example./A`,
    `${place}/regions/us-east1/addresses/harbor-gateway`,
    `${place}/regions/us-east1/addresses/harbor-ingress`,
    `${place}/regions/us-east1/routers/harbor-hub-router`,
    `${place}/regions/us-east1/routers/harbor-hub-router/harbor-hub-nat`,
    `${place}/regions/us-east1/subnetworks/harbor-hub-nodes`,
    `${place}/roles/harbor_hub_records`,
    `${place}/roles/harbor_hub_zones`,
  ]);
});

/** A failure as Terraform frames it. */
const failure = (words: string, address: string) => `╷
│ Error: ${words}
│${" "}
│   with ${address},
│   on cdk.tf.json line 74, in resource.${address}:
│   74:       }
│${" "}
╵
`;

test("every failure of several has its command, and other failures have none", () => {
  const [zone = "", network = "", nat = ""] = ["dns_managed_zone", "compute_network", "router_nat"]
    .map((type) => addresses.find((address) => address.includes(type)))
    .map(String);
  const said = [
    failure("googleapi: Error 409: The resource named 'harbor-hub' already exists", zone),
    failure("Error waiting: Quota 'NETWORKS' exceeded", network),
    failure("googleapi: Error 409: Already\n│ exists: a NAT", nat),
  ].join("");
  const advice = importAdvice(onOneLine(said), stack, "dist/infra/stacks/hub");
  expect(advice?.split("\n").slice(1)).toEqual([
    `  terraform -chdir=dist/infra/stacks/hub import ${zone} ${place}/managedZones/harbor-hub`,
    `  terraform -chdir=dist/infra/stacks/hub import ${nat} ` +
      `${place}/regions/us-east1/routers/harbor-hub-router/harbor-hub-nat`,
  ]);
  expect(importAdvice("Error: Quota exceeded", stack, "hub")).toBeUndefined();
  expect(importAdvice("Error: it already exists with nobody_knows.it, on", stack, "hub")).toBe(
    undefined,
  );
});

const subnet = (pods: string, nodes = "10.0.0.0/17") => ({
  ip_cidr_range: nodes,
  secondary_ip_range: [
    { range_name: "pods", ip_cidr_range: pods },
    { range_name: "services", ip_cidr_range: "192.168.64.0/18" },
  ],
});

test("a plan may widen the nodes' range and must not touch the pods'", () => {
  const change = (before: object, after: object | null, actions = ["update"]) => ({
    resource_changes: [
      {
        address: "google_compute_subnetwork.network_subnet",
        type: "google_compute_subnetwork",
        change: { actions, before: before as never, after: after as never },
      },
    ],
  });
  const before = subnet("192.168.0.0/18");
  const refusal = (plan: ReturnType<typeof change>) => planRefusal(plan, "hub");
  expect(refusal(change(before, subnet("192.168.0.0/18", "10.0.0.0/16")))).toBeUndefined();
  expect(refusal(change(before, subnet("192.168.0.0/17")))).toMatch(
    /\(pods from 192\.168\.0\.0\/18 to 192\.168\.0\.0\/17\)\. Undo the change/,
  );
  const without = { ...before, secondary_ip_range: [] };
  expect(refusal(change(before, without))).toMatch(
    /pods from .* to none, services from .* to none/,
  );
  expect(refusal(change(without, before))).toBeUndefined();
  expect(refusal(change(before, before, ["delete", "create"]))).toMatch(
    /^this plan deletes the subnet and makes another one\. Undo the change/,
  );
  expect(refusal({ resource_changes: [] })).toBeUndefined();
});
