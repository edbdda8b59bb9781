/** The files of Argo CD. */
import { hasAddon } from "../fleet/model/addons.ts";
import { chartSourceUrl } from "../fleet/model/chart-repository.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { needsHubStatement } from "../fleet/rules/hub-statement.ts";
import { fleetHubSize } from "../fleet/rules/hub-size.ts";
import type { Addon } from "./addons/addon.ts";
import {
  alertmanagerAddress,
  clusterIssuer,
  ingressAddon,
  ingressClass,
  prometheusAddon,
} from "./addons/names.ts";
import { ArgoCdChart } from "./argocd/argocd.ts";
import { hubStatementKind } from "./argocd/hub-statement.ts";
import { IdentityApplicationChart, IdentityChart } from "./argocd/identity.ts";
import { ProjectsChart } from "./argocd/projects.ts";
import { RootChart } from "./argocd/root.ts";
import { argoCdValues, type ArgoCdValuesProps } from "./argocd/values.ts";
import type { WebInterfaceProps } from "./argocd/web-interface.ts";
import { fleetProjectProps } from "./device-files.ts";
import { addonNamespaces, usesGatewayNamespace } from "./features.ts";
import { kindsOf } from "./kubernetes/kinds.ts";
import { chartFile, objectFile, type FileEntry } from "./kubernetes/state-files.ts";
import { planHealth, planHealthKind } from "./upgrades/k3s-plans.ts";
import type { Kind } from "../fleet/model/kinds.ts";

export function argoCdFiles(
  fleet: Fleet,
  addons: readonly Addon[],
  workloadKinds: readonly Kind[],
  upgradeKinds: readonly Kind[],
): readonly FileEntry[] {
  const { repository, pins } = fleet;
  const chart = pins.charts["argo-cd"];
  const statementKinds = needsHubStatement(fleet) ? [hubStatementKind] : [];
  const deviceKinds = kindsOf([], [...workloadKinds, ...upgradeKinds, ...statementKinds]);
  const values = argoCdValues(argoCdValuesProps(fleet, deviceKinds));
  return [
    ...[{ kind: "root" } as const, { kind: "argoCd", part: "root" } as const].map((file) =>
      chartFile(file, (app) => new RootChart(app, "root", { repository })),
    ),
    chartFile(
      { kind: "argoCd", part: "application" },
      (app) =>
        new ArgoCdChart(app, "argocd", {
          repository,
          chart,
          values,
        }),
    ),
    objectFile({ kind: "argoCdValues" }, values),
    chartFile(
      { kind: "argoCd", part: "identity" },
      (app) => new IdentityApplicationChart(app, "identity", { repository }),
    ),
    chartFile(
      { kind: "identity" },
      (app) => new IdentityChart(app, "identity", { hubGeneration: fleet.hub.generation }),
    ),
    projectsFile(fleet, addons, workloadKinds, upgradeKinds),
  ];
}

function argoCdValuesProps(fleet: Fleet, deviceKinds: readonly Kind[]): ArgoCdValuesProps {
  const { platform, domain, k3s, argocd, repository } = fleet;
  return {
    ...fleetHubSize(fleet),
    host: platform?.hosts.argocd ?? `argocd.${domain}`,
    deviceKinds,
    signingKeys: repository.signing?.keys,
    healthChecks: k3s === null ? {} : { [planHealthKind]: planHealth },
    webInterface: webInterfaceProps(fleet),
    alertmanager: hasAddon(fleet, prometheusAddon) ? alertmanagerAddress : undefined,
    values: argocd.values,
  };
}

function webInterfaceProps(fleet: Fleet): WebInterfaceProps | undefined {
  const { platform } = fleet;
  if (platform === null) return undefined;
  const { organization, administrators } = platform.login.github;
  return {
    organization,
    administrators: administrators ?? undefined,
    ingress: hasAddon(fleet, ingressAddon) ? { ingressClass, clusterIssuer } : undefined,
  };
}

function projectsFile(
  fleet: Fleet,
  addons: readonly Addon[],
  workloadKinds: readonly Kind[],
  upgradeKinds: readonly Kind[],
): FileEntry {
  return chartFile(
    { kind: "argoCd", part: "projects" },
    (app) =>
      new ProjectsChart(app, "projects", {
        ...fleetProjectProps(fleet, workloadKinds),
        hubChartRepositories: [
          chartSourceUrl({ name: "argo-cd", ...fleet.pins.charts["argo-cd"] }),
          ...addons.map(({ chartRepository }) => chartRepository),
        ],
        addonNamespaces: addonNamespaces(fleet, addons),
        addonsInGatewayNamespace: usesGatewayNamespace(fleet),
        addonClusterKinds: addons.flatMap((addon) => addon.clusterKinds()),
        upgradeKinds,
      }),
  );
}
