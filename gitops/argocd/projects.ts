/**
 * Argo CD's projects: who may deploy what, from where, to where.
 *
 *   default   the root Application: Argo CD's own objects, registrations and the gateway's settings
 *   hub       what runs on the hub: Argo CD itself and the add-ons
 *   fleet     what runs on devices, and never on the hub
 *   fleet-…   the same at one site, whose workloads change in its maintenance windows only
 *   upgrades  the upgrades of K3s on devices
 *
 * Argo CD makes `default` by itself and lets it do anything; here it gets what root needs.
 */
import { createHash } from "node:crypto";
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { calendarName, calendarOf, minutesOf, type Calendar } from "../../fleet/rules/calendar.ts";
import {
  argoNamespace,
  calendarLabel,
  gatewayNamespace,
  projectLabel,
  upgradeName,
} from "../../fleet/model/contract.ts";
import type { Fleet, Site } from "../../fleet/model/fleet.ts";
import { weekDays } from "../../fleet/model/fleet.ts";
import { argoApiVersion, deviceServers, hubServer } from "./names.ts";
import type { Kind } from "../kubernetes/kinds.ts";

export const fleetProject = "fleet";
export const upgradesProject = "upgrades";

/** What the projects of workloads let onto devices. */
export interface FleetProjectProps {
  readonly repository: Fleet["repository"];
  /** Of workloads that are charts. */
  readonly workloadChartRepositories: readonly string[];
  /** One namespace for each workload. */
  readonly workloadNamespaces: readonly string[];
  /** Every kind on devices, what Kubernetes makes by itself included: else the tree hides it. */
  readonly deviceKinds: readonly Kind[];
}

export interface ProjectsProps extends FleetProjectProps {
  /** Chart repositories that the hub installs from. */
  readonly chartRepositories: readonly string[];
  /** Of the hub's add-ons. */
  readonly addonNamespaces: readonly string[];
  /** Whether the gateways have a collector of the devices' logs. */
  readonly collects: boolean;
  /** What they make outside of namespaces, beside what every chart may. */
  readonly addonClusterKinds: readonly Kind[];
  /** Of the upgrades on devices; none: nothing is upgraded. */
  readonly upgradeKinds: readonly Kind[];
}

const namespaceKind: Kind = { group: "", kind: "Namespace", namespaced: false };

const rootKinds: readonly Kind[] = [
  namespaceKind,
  { group: "", kind: "ConfigMap", namespaced: true },
  { group: "", kind: "Secret", namespaced: true },
  { group: "argoproj.io", kind: "AppProject", namespaced: true },
  { group: "argoproj.io", kind: "Application", namespaced: true },
  { group: "argoproj.io", kind: "ApplicationSet", namespaced: true },
  // The gateway and what looks out for devices that are back, with what grows out of them.
  { group: "", kind: "Pod", namespaced: true },
  { group: "", kind: "Service", namespaced: true },
  { group: "", kind: "ServiceAccount", namespaced: true },
  { group: "apps", kind: "Deployment", namespaced: true },
  { group: "apps", kind: "ReplicaSet", namespaced: true },
  { group: "networking.k8s.io", kind: "NetworkPolicy", namespaced: true },
  { group: "policy", kind: "PodDisruptionBudget", namespaced: true },
  { group: "rbac.authorization.k8s.io", kind: "Role", namespaced: true },
  { group: "rbac.authorization.k8s.io", kind: "RoleBinding", namespaced: true },
];

const webhookGroup = "admissionregistration.k8s.io";

/** Of the charts on the hub. What they make inside their namespaces is their own business. */
const hubClusterKinds: readonly Kind[] = [
  namespaceKind,
  { group: "apiextensions.k8s.io", kind: "CustomResourceDefinition", namespaced: false },
  { group: "rbac.authorization.k8s.io", kind: "ClusterRole", namespaced: false },
  { group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding", namespaced: false },
  { group: webhookGroup, kind: "MutatingWebhookConfiguration", namespaced: false },
  { group: webhookGroup, kind: "ValidatingWebhookConfiguration", namespaced: false },
];

export class Projects extends Construct {
  constructor(scope: Construct, id: string, props: ProjectsProps) {
    super(scope, id);
    const git = props.repository.url;
    add(this, "default", {
      description: "The root Application.",
      sourceRepos: [git],
      destinations: destinations(hubServer, [
        argoNamespace,
        gatewayNamespace,
        ...props.addonNamespaces,
      ]),
      ...allowed(rootKinds),
    });
    add(this, "hub", {
      description: "What runs on the hub.",
      sourceRepos: [git, ...props.chartRepositories],
      destinations: destinations(hubServer, [
        argoNamespace,
        // Its collector's access to Elasticsearch.
        ...(props.collects ? [gatewayNamespace] : []),
        ...props.addonNamespaces,
      ]),
      clusterResourceWhitelist: groupKinds([...hubClusterKinds, ...props.addonClusterKinds]),
    });
    add(this, fleetProject, { description: "What runs on devices.", ...fleetRights(props) });
    if (props.upgradeKinds.length === 0) return;
    add(this, upgradesProject, {
      description: "Upgrades of K3s on devices.",
      sourceRepos: [git],
      destinations: destinations(deviceServers, [upgradeName]),
      ...allowed(props.upgradeKinds),
    });
  }
}

const labelLengthMax = 63;

export interface SiteProjectProps extends FleetProjectProps {
  readonly site: Site;
}

/** The project of a site whose workloads change in its windows only. */
export class SiteProject extends Construct {
  constructor(scope: Construct, id: string, props: SiteProjectProps) {
    super(scope, id);
    const { site } = props;
    add(this, siteProject(site), {
      description: `What runs on devices at ${site.name}.`,
      ...fleetRights(props),
      syncWindows: syncWindows(calendarOf(site)),
    });
  }
}

/** Its name, which is the value of a label too and so has at most 63 characters. */
function siteProject({ name }: Site): string {
  const whole = `${fleetProject}-${name}`;
  if (whole.length <= labelLengthMax) return whole;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${whole.slice(0, labelLengthMax - 13)}-${digest}`;
}

/** Labels of the registrations of a site's devices that follow from its maintenance. */
export function siteLabels({ k3s }: Fleet, site: Site): Readonly<Record<string, string>> {
  return {
    ...(k3s !== null && { [calendarLabel]: calendarName(calendarOf(site)) }),
    ...(isConfined(site) && { [projectLabel]: siteProject(site) }),
  };
}

/** The sites whose workloads Argo CD changes in their windows only, sorted by name. */
export function confinedSites({ devices }: Fleet): readonly Site[] {
  const sites = new Map(devices.map(({ site }) => [site.name, site]));
  return [...sites.values()].filter(isConfined).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function isConfined({ maintenance }: Site): boolean {
  return maintenance.workloads === "window";
}

export function fleetProjectProps(
  { repository, workloads }: Fleet,
  deviceKinds: readonly Kind[],
): FleetProjectProps {
  return {
    repository,
    workloadNamespaces: workloads.map(({ name }) => name),
    workloadChartRepositories: workloads.flatMap(({ chart }) => chart?.repository ?? []),
    deviceKinds,
  };
}

/**
 * Template of an Application's project, for an ApplicationSet over registrations. It always reads the
 * registration's label: a constant would create Applications without sync windows whenever a new
 * registration is seen before the ApplicationSet that knows its site's windows.
 */
export const workloadProject = `{{index .metadata.labels "${projectLabel}" | default "${fleetProject}"}}`;

/**
 * A calendar as windows of Argo CD, outside of which nothing but a person's own sync is begun. They
 * may pass midnight (Argo CD 3.4.4, pkg/apis/application/v1alpha1/types.go, SyncWindow).
 */
export function syncWindows({ timeZone, windows }: Calendar): readonly Record<string, unknown>[] {
  return windows.map(({ days, start, lengthMinutes }) => {
    const minutes = minutesOf(start);
    // Cron's week begins on Sunday, which is 0.
    const cronDays = days.map((day) => (weekDays.findIndex((each) => each === day) + 1) % 7);
    return {
      kind: "allow",
      schedule: `${minutes % 60} ${Math.floor(minutes / 60)} * * ${cronDays.join(",")}`,
      duration: `${lengthMinutes}m`,
      timeZone,
      applications: ["*"],
      manualSync: true,
    };
  });
}

function add(scope: Construct, name: string, spec: Readonly<Record<string, unknown>>): void {
  new ApiObject(scope, name, {
    apiVersion: argoApiVersion,
    kind: "AppProject",
    metadata: {
      name,
      namespace: argoNamespace,
      // Applications name their project, so projects come first.
      annotations: { "argocd.argoproj.io/sync-wave": "-1" },
    },
    spec,
  });
}

function fleetRights(props: FleetProjectProps): Record<string, unknown> {
  return {
    sourceRepos: [...new Set([props.repository.url, ...props.workloadChartRepositories])],
    destinations: destinations(deviceServers, props.workloadNamespaces),
    ...allowed(props.deviceKinds),
  };
}

function destinations(server: string, namespaces: readonly string[]): unknown {
  return namespaces.map((namespace) => ({ server, namespace }));
}

function allowed(kinds: readonly Kind[]): Record<string, unknown> {
  return {
    clusterResourceWhitelist: groupKinds(kinds.filter((kind) => !kind.namespaced)),
    namespaceResourceWhitelist: groupKinds(kinds.filter((kind) => kind.namespaced)),
  };
}

function groupKinds(kinds: readonly Kind[]): unknown {
  return kinds.map(({ group, kind }) => ({ group, kind }));
}
