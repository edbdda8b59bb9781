/** Logins of charts: on the hub from Google Secret Manager, and nothing of them in Git. */
import { loadAll } from "js-yaml";
import { expect, test } from "vitest";
import type { Fleet } from "../../../fleet/model/fleet.ts";
import { synthesizeState } from "../../../gitops/app.ts";
import { chartLogins } from "../../../gitops/secrets/chart-logins.ts";
import { sampleFleet, samplePlatform, samplePublicKeys } from "../../sample.ts";

const chart = { repository: "oci://registry.example.com/charts", name: "till", kinds: [] };

test("Argo CD gets one Secret for each chart's URL", () => {
  const logins = chartLogins("harbor", [
    { chart: { ...chart, login: "registry" } },
    { chart: { ...chart, login: "registry" } },
    { chart: { ...chart, repository: "https://charts.example.com", login: "shop" } },
    { chart },
    {},
  ]);
  const common = {
    namespace: "argocd",
    keys: { username: "username", password: "password" },
    labels: { "argocd.argoproj.io/secret-type": "repository" },
    name: expect.stringMatching(/^chart-login-[0-9a-f]{12}$/) as string,
  };
  expect(logins).toHaveLength(2);
  expect(logins).toContainEqual({
    ...common,
    cloudSecret: "harbor-registry",
    texts: { type: "oci", url: "oci://registry.example.com/charts/till" },
  });
  expect(logins).toContainEqual({
    ...common,
    cloudSecret: "harbor-shop",
    texts: { type: "helm", url: "https://charts.example.com" },
  });
});

test("the state has the ExternalSecret, and projects permit the chart's URL", () => {
  const workloads = sampleFleet.workloads.map((workload, index) =>
    index === 0 ? { ...workload, chart: { ...chart, login: "registry" } } : workload,
  );
  const fleet: Fleet = { ...sampleFleet, platform: samplePlatform, workloads };
  const state = synthesizeState(fleet, samplePublicKeys);
  const path = [...state.keys()].find((each) => each.includes("externalsecret-chart-login-")) ?? "";
  expect(loadAll(state.get(path) ?? "")[0]).toMatchObject({
    metadata: { namespace: "argocd" },
    spec: {
      target: {
        template: {
          metadata: { labels: { "argocd.argoproj.io/secret-type": "repository" } },
          data: { type: "oci", url: "oci://registry.example.com/charts/till" },
          mergePolicy: "Merge",
        },
      },
      data: [
        { secretKey: "username", remoteRef: { property: "username" } },
        { secretKey: "password", remoteRef: { property: "password" } },
      ],
    },
  });
  const projects = loadAll(state.get("hub/argocd/projects.yaml") ?? "") as {
    metadata: { name: string };
    spec: { sourceRepos: string[] };
  }[];
  const fleetProject = projects.find(({ metadata }) => metadata.name === "fleet");
  expect(fleetProject?.spec.sourceRepos).toContain("oci://registry.example.com/charts/till");
});
