import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addonFolder,
  identityFolder,
  parseStatePath,
  renderingFolder,
  statePath,
  type StateFile,
} from "../../../fleet/model/state-layout.ts";

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const object = fc.stringMatching(/^[a-z]{1,12}(\.[a-z]{1,5})?-[a-z0-9._-]{1,20}\.yaml$/);
const site = fc.option(name, { nil: null });

/** A file of every kind; the compiler asks for each. */
const files: { readonly [Kind in StateFile["kind"]]: fc.Arbitrary<Omit<StateFile, "kind">> } = {
  root: fc.constant({}),
  argoCdValues: fc.constant({}),
  argoCd: fc.record({ part: name.filter((part) => part !== "values") }),
  identity: fc.constant({}),
  courier: fc.constant({}),
  addon: fc.record({ addon: name }),
  addonObject: fc.record({ addon: name, object }),
  gatewayNamespace: fc.constant({}),
  gateway: fc.record({
    gateway: name.filter((each) => each !== "namespace" && !each.endsWith("-peers")),
  }),
  peers: fc.record({ gateway: name }),
  registration: fc.record({ device: name }),
  rollouts: fc.record({ workload: name }),
  upgradeRollouts: fc.constant({}),
  hubStatementRollout: fc.constant({}),
  hubStatement: fc.constant({}),
  siteProject: fc.record({ site: name }),
  rendered: fc.record({ workload: name, ring: name, site, object }),
};

const anyFile = fc.oneof(
  ...Object.entries(files).map(([kind, fields]) =>
    (fields as fc.Arbitrary<object>).map((each) => ({ kind, ...each }) as StateFile),
  ),
);

test("a path that was built parses to what it was built of", () => {
  fc.assert(
    fc.property(anyFile, (file) => {
      expect(parseStatePath(statePath(file))).toEqual(file);
    }),
    { numRuns: 1000 },
  );
});

test("no two files have one path", () => {
  fc.assert(
    fc.property(anyFile, anyFile, (one, other) => {
      const same = JSON.stringify(parseStatePath(statePath(one)));
      fc.pre(same !== JSON.stringify(parseStatePath(statePath(other))));
      expect(statePath(one)).not.toBe(statePath(other));
    }),
  );
});

test("the paths of a published repository stay", () => {
  expect([
    statePath({ kind: "root" }),
    statePath({ kind: "argoCdValues" }),
    statePath({ kind: "argoCd", part: "projects" }),
    statePath({ kind: "identity" }),
    statePath({ kind: "courier" }),
    statePath({ kind: "addon", addon: "grafana" }),
    statePath({ kind: "addonObject", addon: "grafana", object: "ingress-grafana.yaml" }),
    statePath({ kind: "gatewayNamespace" }),
    statePath({ kind: "gateway", gateway: "gateway-2" }),
    statePath({ kind: "peers", gateway: "gateway-2" }),
    statePath({ kind: "registration", device: "store-0001" }),
    statePath({ kind: "rollouts", workload: "point-of-sale" }),
    statePath({ kind: "upgradeRollouts" }),
    statePath({ kind: "hubStatementRollout" }),
    statePath({ kind: "hubStatement" }),
    statePath({ kind: "siteProject", site: "boston" }),
    statePath({ kind: "rendered", workload: "web", ring: "early", site: null, object: "a.yaml" }),
    statePath({
      kind: "rendered",
      workload: "web",
      ring: "early",
      site: "boston",
      object: "a.yaml",
    }),
  ]).toEqual([
    "root.yaml",
    "hub/argocd/values.yaml",
    "hub/argocd/projects.yaml",
    "hub/identity/identity.yaml",
    "hub/fleet-secrets/courier.yaml",
    "hub/platform/grafana.yaml",
    "hub/platform/grafana/ingress-grafana.yaml",
    "hub/gateway/namespace.yaml",
    "hub/gateway/gateway-2.yaml",
    "hub/gateway/gateway-2-peers.yaml",
    "hub/fleet/clusters/store-0001.yaml",
    "hub/fleet/workloads/point-of-sale.yaml",
    "hub/fleet/upgrades.yaml",
    "hub/fleet/hub-statement.yaml",
    "edge/hub-statement/statement.yaml",
    "hub/fleet/projects/boston.yaml",
    "edge/web/early/a.yaml",
    "edge/web/early@boston/a.yaml",
  ]);
});

test("a folder holds the files that are about it", () => {
  const place = { workload: "web", ring: "early", site: "boston" };
  expect(statePath({ kind: "rendered", ...place, object: "a.yaml" })).toBe(
    `${renderingFolder(place)}/a.yaml`,
  );
  expect(statePath({ kind: "addonObject", addon: "grafana", object: "a.yaml" })).toBe(
    `${addonFolder("grafana")}/a.yaml`,
  );
  expect(statePath({ kind: "identity" })).toMatch(`${identityFolder}/`);
});

test.each([
  "README.md",
  "hub/fleet/clusters/store-0001/notes.yaml",
  "hub/fleet/clusters/store-0001.json",
  "hub/other/a.yaml",
  "edge/web/early",
  "edge/web/early@boston@sea/a.yaml",
  "edge/web/early/folder/a.yaml",
  "xroot.yaml",
])("%s is about nothing", (path) => {
  expect(parseStatePath(path)).toBeUndefined();
});
