import { expect, test } from "vitest";
import { ArgoCdChart, type ArgoCdChartProps } from "../../../gitops/argocd/argocd.ts";
import { objectsOfChart } from "../objects.ts";

const repository = { url: "https://git.example.com/state.git", branch: "main" };

function specOf(rest: Partial<ArgoCdChartProps> = {}) {
  const props = {
    repository,
    chart: { repository: "https://charts.example.com", version: "10.1.1" },
    chartVersion: "10.1.1",
    values: { dex: { enabled: false } },
    ...rest,
  };
  const objects = objectsOfChart((app) => new ArgoCdChart(app, "argocd", props));
  return objects["Application argocd"].spec;
}

const chart = {
  chart: "argo-cd",
  repoURL: "https://charts.example.com",
  targetRevision: "10.1.1",
};

test("Argo CD is its pinned chart, with values from the state repository", () => {
  expect(specOf().sources).toEqual([
    { ...chart, helm: { releaseName: "argocd", valueFiles: ["$values/hub/argocd/values.yaml"] } },
    { ref: "values", repoURL: "https://git.example.com/state.git", targetRevision: "main" },
  ]);
});

test("where commits are signed, its values are in the Application, which is verified", () => {
  const spec = specOf({ repository: { ...repository, signing: { keys: [] } } });
  expect(spec.sources).toBeUndefined();
  expect(spec.source).toEqual({
    ...chart,
    helm: { releaseName: "argocd", valuesObject: { dex: { enabled: false } } },
  });
});
