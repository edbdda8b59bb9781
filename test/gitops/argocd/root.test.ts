import { expect, test } from "vitest";
import { RootChart } from "../../../gitops/argocd/root.ts";
import { objectsOfChart } from "../objects.ts";

test("root deploys hub/ without chart values and without what other Applications deploy", () => {
  const repository = { url: "https://git.example.com/state.git", branch: "main" };
  const objects = objectsOfChart((app) => new RootChart(app, "root", { repository }));
  expect(objects["Application root"].spec).toMatchObject({
    project: "root",
    source: {
      repoURL: repository.url,
      targetRevision: "main",
      path: "hub",
      directory: { recurse: true, exclude: "{argocd/values.yaml,identity/*,platform/*/*}" },
    },
    destination: { server: "https://kubernetes.default.svc", namespace: "argocd" },
    syncPolicy: { automated: { prune: true, selfHeal: true }, retry: { limit: -1, refresh: true } },
  });
});
