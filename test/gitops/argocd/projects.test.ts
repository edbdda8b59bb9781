import { expect, test } from "vitest";
import {
  hasSiteProject,
  projectLabels,
  ProjectsChart,
  SiteProjectChart,
  type ProjectsChartProps,
} from "../../../gitops/argocd/projects.ts";
import { sampleFleet } from "../../sample.ts";
import { objectsOfChart } from "../objects.ts";

const deployment = { group: "apps", kind: "Deployment", namespaced: true };
const namespace = { group: "", kind: "Namespace", namespaced: false };

const props: ProjectsChartProps = {
  repositoryUrl: "https://git.example.com/state.git",
  workloadChartRepositories: ["https://charts.example.com", "https://charts.example.com"],
  workloadNamespaces: ["point-of-sale", "telemetry"],
  deviceKinds: [namespace, deployment],
  hubChartRepositories: ["https://charts.jetstack.io"],
  addonNamespaces: ["cert-manager"],
  addonsInGatewayNamespace: false,
  addonClusterKinds: [],
};

function projects(rest: Partial<ProjectsChartProps> = {}) {
  return objectsOfChart((app) => new ProjectsChart(app, "projects", { ...props, ...rest }));
}

const namespaces = (project: any) => project.spec.destinations.map((each: any) => each.namespace);

test("workloads go to devices only, into their namespaces, with their kinds", () => {
  expect(projects()["AppProject fleet"].spec).toEqual({
    description: "What runs on devices.",
    sourceRepos: [props.repositoryUrl, "https://charts.example.com"],
    destinations: props.workloadNamespaces.map((each) => ({
      server: "https://*:6443",
      namespace: each,
    })),
    clusterResourceWhitelist: [{ group: "", kind: "Namespace" }],
    namespaceResourceWhitelist: [{ group: "apps", kind: "Deployment" }],
  });
});

test("what runs on the hub never goes to a device", () => {
  const { "AppProject default": nothing, "AppProject hub": hub } = projects();
  const servers = hub.spec.destinations.map((each: any) => each.server);
  expect(new Set(servers)).toEqual(new Set(["https://kubernetes.default.svc"]));
  expect(namespaces(nothing)).toEqual([]);
  expect(namespaces(hub)).toEqual(["argocd", "cert-manager"]);
  const collecting = projects({ addonsInGatewayNamespace: true })["AppProject hub"];
  expect(namespaces(collecting)).toContain("flotilla-gateway");
});

test("there is a project for upgrades where there are upgrades", () => {
  expect(projects()).not.toHaveProperty("AppProject upgrades");
  expect(projects({ upgradeKinds: [deployment] })["AppProject upgrades"].spec).toMatchObject({
    destinations: [{ server: "https://*:6443", namespace: "system-upgrade" }],
    namespaceResourceWhitelist: [{ group: "apps", kind: "Deployment" }],
  });
});

test("a site's project opens in its windows, also past midnight", () => {
  const objects = objectsOfChart((app) => {
    const window = { days: ["Sat", "Sun"], start: "23:30", lengthMinutes: 120 };
    const calendar = { timeZone: "Europe/Lisbon", windows: [window] };
    return new SiteProjectChart(app, "project", { ...props, site: "lisbon", calendar });
  });
  expect(objects["AppProject fleet-lisbon"].spec.syncWindows).toEqual([
    {
      kind: "allow",
      schedule: "30 23 * * 6,0",
      duration: "120m",
      timeZone: "Europe/Lisbon",
      applications: ["*"],
      manualSync: true,
    },
  ]);
});

test("devices of a site with windows have the label of its project, which fits a label", () => {
  const [{ site } = expect.fail()] = sampleFleet.devices;
  expect([hasSiteProject(site), projectLabels(site)]).toEqual([false, {}]);
  const maintenance = { ...site.maintenance, workloads: "window" as const };
  expect(projectLabels({ ...site, maintenance })).toEqual({
    "flotilla.dev/project": "fleet-boston",
  });
  const long = projectLabels({ ...site, name: "s".repeat(63), maintenance });
  expect(long["flotilla.dev/project"]).toMatch(/^fleet-s{44}-[0-9a-f]{12}$/);
});
