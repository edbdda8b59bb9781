/** The files of Argo CD and of the add-ons. */
import { hasAddon } from "../fleet/model/addons.ts";
import type { Fleet, Kind } from "../fleet/model/fleet.ts";
import { fleetHubSize } from "../fleet/rules/hub-size.ts";
import { clusterKindsOf, ownObjects, pinOf } from "./addons/addon.ts";
import { enabledAddons } from "./addons/index.ts";
import { AddonApplication } from "./addons/kubeprod.ts";
import { alertmanagerAddress, ingressClass, issuerName } from "./addons/names.ts";
import { ArgoCdChart } from "./argocd/argocd.ts";
import { IdentityApplicationChart, IdentityChart } from "./argocd/identity.ts";
import { ProjectsChart } from "./argocd/projects.ts";
import { RootChart } from "./argocd/root.ts";
import { argoCdValues, type ArgoCdValuesProps } from "./argocd/values.ts";
import type { WebInterfaceProps } from "./argocd/web-interface.ts";
import { fleetProjectProps } from "./device-files.ts";
import { kindsOf } from "./kubernetes/kinds.ts";
import { chartFile, objectFile, objectFileName, type FileEntry } from "./kubernetes/state-files.ts";
import { secretsNamespace } from "./programs/courier/settings.ts";
import { workloadsWithSecrets } from "./secrets/secrets.ts";
import { telemetryKeepers } from "./telemetry/telemetry.ts";
import { planHealth, planHealthKind } from "./upgrades/k3s-plans.ts";
import { Chart } from "cdk8s";
import type { StateFile } from "../fleet/model/state-layout.ts";

function file(path: StateFile, build: (chart: Chart) => void): FileEntry {
  return chartFile(path, (app) => {
    const chart = new Chart(app, "state");
    build(chart);
    return chart;
  });
}

export function argoCdFiles(
  fleet: Fleet,
  workloadKinds: readonly Kind[],
  upgradeKinds: readonly Kind[],
): readonly FileEntry[] {
  const { repository, pins } = fleet;
  const chart = pins.charts["argo-cd"];
  const deviceKinds = kindsOf([], [...workloadKinds, ...upgradeKinds]);
  return [
    chartFile({ kind: "root" }, (app) => new RootChart(app, "root", { repository })),
    chartFile(
      { kind: "argoCd", part: "application" },
      (app) =>
        new ArgoCdChart(app, "argocd", {
          repository,
          chartRepository: chart.repository,
          chartVersion: chart.version,
        }),
    ),
    objectFile({ kind: "argoCdValues" }, argoCdValues(argoCdValuesProps(fleet, deviceKinds))),
    chartFile(
      { kind: "argoCd", part: "identity" },
      (app) => new IdentityApplicationChart(app, "identity", { repository }),
    ),
    chartFile({ kind: "identity" }, (app) => new IdentityChart(app, "identity")),
    projectsFile(fleet, workloadKinds, upgradeKinds),
  ];
}

function argoCdValuesProps(fleet: Fleet, deviceKinds: readonly Kind[]): ArgoCdValuesProps {
  const { platform, domain, k3s, argocd } = fleet;
  return {
    ...fleetHubSize(fleet),
    host: platform?.hosts.argocd ?? `argocd.${domain}`,
    deviceKinds,
    healthChecks: k3s === null ? {} : { [planHealthKind]: planHealth },
    webInterface: webInterfaceProps(fleet),
    alertmanager: hasAddon(fleet, "prometheus") ? alertmanagerAddress : undefined,
    values: argocd.values,
  };
}

function webInterfaceProps({ platform }: Fleet): WebInterfaceProps | undefined {
  if (platform === null) return undefined;
  const { organization, administrators } = platform.login.github;
  return {
    organization,
    administrators: administrators ?? undefined,
    ingressClass,
    clusterIssuer: issuerName,
  };
}

function projectsFile(
  fleet: Fleet,
  workloadKinds: readonly Kind[],
  upgradeKinds: readonly Kind[],
): FileEntry {
  const addons = enabledAddons(fleet);
  return chartFile(
    { kind: "argoCd", part: "projects" },
    (app) =>
      new ProjectsChart(app, "projects", {
        ...fleetProjectProps(fleet, workloadKinds),
        hubChartRepositories: [
          fleet.pins.charts["argo-cd"].repository,
          ...addons.map((addon) => pinOf(addon, fleet).repository),
        ],
        addonNamespaces: [
          ...new Set(addons.map(({ namespace }) => namespace.name)),
          ...(workloadsWithSecrets(fleet).length > 0 ? [secretsNamespace] : []),
        ],
        // The collector's access to Elasticsearch.
        addonsInGatewayNamespace: telemetryKeepers(fleet)?.logs === true,
        addonClusterKinds: addons.flatMap((addon) => clusterKindsOf(addon, fleet)),
        upgradeKinds,
      }),
  );
}

export function addonFiles(fleet: Fleet): readonly FileEntry[] {
  return enabledAddons(fleet).flatMap((addon) => [
    file({ kind: "addon", addon: addon.name }, (scope) => {
      new AddonApplication(scope, addon.name, { fleet, addon });
    }),
    ...ownObjects(addon, fleet).map((object) =>
      objectFile(
        { kind: "addonObject", addon: addon.name, object: objectFileName(object) },
        object,
      ),
    ),
  ]);
}
