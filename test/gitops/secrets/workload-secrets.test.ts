/** The state repository with secrets of workloads, and without. */
import { loadAll } from "js-yaml";
import { describe, expect, test } from "vitest";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import type { Tree } from "../../../fleet/model/tree.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { parseAddons } from "../../../gitops/addons/index.ts";
import { sampleFleet, samplePlatform, samplePublicKeys } from "../../sample.ts";
import { withoutPrograms } from "../golden.ts";
import type { Device } from "../../../fleet/model/device.ts";
import type { Workload } from "../../../fleet/model/workload.ts";

const secrets: Workload["secrets"] = [
  { name: "bank", from: "bank", keys: ["terminalId", "pin"] },
  { name: "prices", from: "price-feed" },
];

function fleetWith(own: Workload["secrets"], rest: Partial<Fleet> = {}): Fleet {
  const workloads = sampleFleet.workloads.map((workload) =>
    workload.name === "point-of-sale" ? { ...workload, ...(own && { secrets: own }) } : workload,
  );
  return { ...sampleFleet, platform: samplePlatform, workloads, ...rest };
}

const state = synthesizeState(fleetWith(secrets), samplePublicKeys);
const plain = synthesizeState(fleetWith(undefined), samplePublicKeys);

/** Paths of what is another in the second, and of what only one has. */
function differences(first: Tree, second: Tree): string[] {
  const paths = new Set([...first.keys(), ...second.keys()]);
  return [...paths].filter((path) => first.get(path) !== second.get(path)).toSorted();
}

describe("a workload that declares secrets", () => {
  test.each([
    "hub/fleet-secrets/courier.yaml",
    "hub/fleet/clusters/depot-01.yaml",
    "hub/fleet/clusters/store-01.yaml",
    "hub/platform/external-secrets/externalsecret-point-of-sale.bank.yaml",
    "hub/platform/external-secrets/externalsecret-point-of-sale.prices.yaml",
  ])("%s", async (path) => {
    const name = path.split("/").at(-1) ?? "";
    await expect(withoutPrograms(state.get(path))).toMatchFileSnapshot(
      `../../golden/courier/${name}`,
    );
  });

  test("adds these files, an address to each device, and the right to fill the namespace", () => {
    expect(differences(plain, state)).toEqual([
      "hub/argocd/projects.yaml",
      "hub/fleet-secrets/courier.yaml",
      ...sampleFleet.devices.map(({ name }) => `hub/fleet/clusters/${name}.yaml`),
      "hub/platform/external-secrets/externalsecret-point-of-sale.bank.yaml",
      "hub/platform/external-secrets/externalsecret-point-of-sale.prices.yaml",
    ]);
    const destinations = (tree: Tree) =>
      (loadAll(tree.get("hub/argocd/projects.yaml") ?? "") as Project[]).map(({ spec }) =>
        spec.destinations.map(({ namespace }) => namespace),
      );
    const [root = [], hub = [], fleet = []] = destinations(plain);
    const extra = "fleet-secrets";
    expect(destinations(state)).toEqual([root, [...hub, extra], fleet]);
  });

  test("adding a device changes nothing of it", () => {
    const [depot] = sampleFleet.devices;
    const added = { ...depot, name: "depot-02", address: "203.0.113.8" } as Device;
    const devices = [...sampleFleet.devices, added];
    const more = synthesizeState(fleetWith(secrets, { devices }), samplePublicKeys);
    expect(differences(state, more)).toEqual(["hub/fleet/clusters/depot-02.yaml"]);
  });
});

interface Project {
  readonly spec: { readonly destinations: readonly { readonly namespace: string }[] };
}

test("where no workload has any, or nothing brings them, nothing is written", () => {
  const off = {
    ...samplePlatform,
    addons: parseAddons({ "external-secrets": { enabled: false } }),
  };
  const trees = [
    plain,
    synthesizeState(fleetWith(secrets, { platform: null }), samplePublicKeys),
    synthesizeState(fleetWith(secrets, { platform: off }), samplePublicKeys),
  ];
  for (const tree of trees) {
    const text = [...tree].flat().join("\n");
    expect(text).not.toMatch(/fleet-secrets|courier/);
  }
});
