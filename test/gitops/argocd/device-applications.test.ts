import { expect, test } from "vitest";
import { DeviceApplications } from "../../../gitops/argocd/device-applications.ts";
import { objectsOf } from "../objects.ts";

test("an Application on every registered device that the selector matches", () => {
  const selector = { matchLabels: { role: "till" } };
  const source = { repoUrl: "https://git.example.com/state.git", path: "edge/board/early" };
  const objects = objectsOf((chart) => {
    new DeviceApplications(chart, "applications", {
      workload: "board",
      ring: "early",
      suffix: "early.lagos",
      site: "lagos",
      selector,
      project: "fleet",
      source,
    });
  });
  const labels = { "flotilla.dev/workload": "board", "flotilla.dev/ring": "early" };
  const set = objects["ApplicationSet board-early.lagos"];
  expect(set.metadata).toEqual({
    name: "board-early.lagos",
    namespace: "argocd",
    labels: { ...labels, "flotilla.dev/site": "lagos" },
  });
  expect(set.spec).toMatchObject({
    goTemplate: true,
    goTemplateOptions: ["missingkey=error"],
    generators: [{ clusters: { selector } }],
    syncPolicy: { preserveResourcesOnDeletion: true },
    template: {
      metadata: {
        name: "{{.name}}-board",
        labels: { ...labels, "flotilla.dev/device": "{{.name}}" },
      },
      spec: {
        project: "fleet",
        destination: { name: "{{.name}}", namespace: "board" },
        syncPolicy: { automated: { prune: true, selfHeal: true } },
      },
    },
  });
  // As Argo CD names the field.
  expect(set.spec.template.spec.source).toEqual({
    repoURL: source.repoUrl,
    path: source.path,
  });
  expect(set.spec.template.spec).not.toHaveProperty("sources");
});
