import { expect, test } from "vitest";
import type { Workload } from "../../../fleet/model/workload.ts";
import type { Rendering } from "../../../gitops/workloads/rendering.ts";
import { RolloutsChart } from "../../../gitops/workloads/rollouts.ts";
import { objectsOfChart } from "../objects.ts";

const repository = { url: "https://git.example.com/state.git", branch: "main" };
const board: Workload = { name: "board", selector: { role: "till" }, versions: new Map() };
const shared: Rendering = {
  workload: board,
  ring: "early",
  site: null,
  otherSites: ["lagos"],
  version: "1.0.0",
  values: {},
};

function rollouts(...renderings: readonly Rendering[]) {
  return objectsOfChart((app) => new RolloutsChart(app, "rollouts", { repository, renderings }));
}

test("a site with a rendering of its own is left out of the ring's", () => {
  const site: Rendering = { ...shared, site: "lagos", otherSites: [] };
  const objects = rollouts(shared, site);
  const selectors = Object.values(objects).map(({ spec }) => spec.generators[0].clusters.selector);
  const labels = { role: "till", "flotilla.dev/ring": "early" };
  expect(Object.keys(objects)).toEqual([
    "ApplicationSet board-early",
    "ApplicationSet board-early.lagos",
  ]);
  expect(selectors).toEqual([
    {
      matchLabels: labels,
      matchExpressions: [{ key: "flotilla.dev/site", operator: "NotIn", values: ["lagos"] }],
    },
    { matchLabels: { ...labels, "flotilla.dev/site": "lagos" } },
  ]);
});

test("rendered manifests are a folder of the state repository", () => {
  const { spec } = rollouts(shared)["ApplicationSet board-early"].spec.template;
  expect(spec.source).toEqual({
    repoURL: repository.url,
    targetRevision: "main",
    path: "edge/board/early",
  });
});

test.each([
  ["1.0.0", "1.0.0"],
  ["1.0.0+b.1", "1.0.0_b.1"],
  [`1.0.0@sha256:${"a".repeat(64)}`, `1.0.0@sha256:${"a".repeat(64)}`],
])(
  "version %s of a chart in a registry is the revision %s of its own repository",
  (version, to) => {
    const chart = { name: "till", repository: "oci://registry.example.com/charts", kinds: [] };
    const objects = rollouts({ ...shared, version, workload: { ...board, chart } });
    const [source] = objects["ApplicationSet board-early"].spec.template.spec.sources;
    expect(source).toEqual({
      path: ".",
      repoURL: "oci://registry.example.com/charts/till",
      targetRevision: to,
      helm: { releaseName: "board", valueFiles: ["$values/edge/board/early/values.yaml"] },
    });
  },
);

test("a chart gets its values from that folder, where they are not a manifest", () => {
  const chart = { name: "valkey", repository: "https://charts.example.com", kinds: [] };
  const objects = rollouts({ ...shared, workload: { ...board, chart } });
  const { spec } = objects["ApplicationSet board-early"].spec.template;
  expect(spec.sources).toEqual([
    {
      chart: "valkey",
      repoURL: "https://charts.example.com",
      targetRevision: "1.0.0",
      helm: { releaseName: "board", valueFiles: ["$values/edge/board/early/values.yaml"] },
    },
    {
      ref: "values",
      repoURL: repository.url,
      targetRevision: "main",
      path: "edge/board/early",
      directory: { exclude: "values.yaml" },
    },
  ]);
});
