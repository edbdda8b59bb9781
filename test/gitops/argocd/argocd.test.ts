import { expect, test } from "vitest";
import { ArgoCdChart } from "../../../gitops/argocd/argocd.ts";
import { objectsOfChart } from "../objects.ts";

test("Argo CD is its pinned chart, with values from the state repository", () => {
  const objects = objectsOfChart(
    (app) =>
      new ArgoCdChart(app, "argocd", {
        repository: { url: "https://git.example.com/state.git", branch: "main" },
        chartRepository: "https://charts.example.com",
        chartVersion: "10.1.1",
      }),
  );
  expect(objects["Application argocd"].spec.sources).toEqual([
    {
      chart: "argo-cd",
      repoURL: "https://charts.example.com",
      targetRevision: "10.1.1",
      helm: { releaseName: "argocd", valueFiles: ["$values/hub/argocd/values.yaml"] },
    },
    { ref: "values", repoURL: "https://git.example.com/state.git", targetRevision: "main" },
  ]);
});
