import { expect, test } from "vitest";
import { synthesizeState } from "../../../gitops/app.ts";
import { HubStatementChart } from "../../../gitops/argocd/hub-statement.ts";
import { objectsOfChart } from "../objects.ts";
import { publicKeysOf, stateObjects, wholeFleet } from "../whole-state.ts";
import type { Fleet } from "../../../fleet/model/fleet.ts";

/** The sample's devices in turn with a tunnel and without one. */
function fleetOf(generation: number, hasDirect: boolean): Fleet {
  const devices = wholeFleet.devices.map((device, index) => ({
    ...device,
    address: `100.64.0.${index + 2}`,
    connectivity: hasDirect && index % 2 === 0 ? ("direct" as const) : ("gateway" as const),
  }));
  return { ...wholeFleet, hub: { generation }, devices };
}

const stateOf = (fleet: Fleet) => synthesizeState(fleet, publicKeysOf(fleet));
const paths = ["edge/hub-statement/statement.yaml", "hub/fleet/hub-statement.yaml"];

test("a device finds the statement under the name that its script asks for", () => {
  const objects = objectsOfChart(
    (app) => new HubStatementChart(app, "hub", { hubGeneration: 2, signature: "AAAA" }),
  );
  expect(objects["ConfigMap flotilla-hub"]).toMatchObject({
    metadata: { namespace: "kube-system" },
    data: { generation: "2", signature: "AAAA" },
  });
});

test.each([
  [1, true, false],
  [1, false, false],
  [2, false, false],
  [2, true, true],
])("generation %i, devices without a tunnel: %s, has the files: %s", (generation, direct, has) => {
  const fleet = fleetOf(generation, direct);
  const state = stateOf(fleet);
  expect(paths.map((path) => state.has(path))).toEqual([has, has]);
  const labelled = stateObjects(state)
    .filter(({ metadata }) => metadata.labels?.["flotilla.dev/connectivity"] !== undefined)
    .map(({ metadata }) => metadata.name);
  const directs = fleet.devices.filter(({ connectivity }) => connectivity === "direct");
  expect(labelled.toSorted()).toEqual(has ? directs.map(({ name }) => name).toSorted() : []);
});

test("Argo CD watches ConfigMaps on devices that have no other one", () => {
  const fleet = { ...fleetOf(2, true), workloads: [], k3s: null };
  const watched = (each: Fleet) => stateOf(each).get("hub/argocd/values.yaml") ?? "";
  expect(watched(fleet)).toContain("- ConfigMap\n");
  expect(watched({ ...fleet, hub: { generation: 1 } })).not.toContain("- ConfigMap\n");
});

test("its project allows nothing else", () => {
  const project = stateObjects(stateOf(fleetOf(2, true))).find(
    ({ kind, metadata }) => kind === "AppProject" && metadata.name === "hub-statement",
  );
  expect(project?.spec).toMatchObject({
    destinations: [{ server: "https://*:6443", namespace: "kube-system" }],
    clusterResourceWhitelist: [],
    namespaceResourceWhitelist: [{ group: "", kind: "ConfigMap" }],
  });
});
