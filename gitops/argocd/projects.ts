/**
 * Argo CD's projects: who may deploy what, from where, to where.
 *
 *   root      the root Application: root.ts
 *   default   nothing
 *   hub       what runs on the hub: Argo CD itself and the add-ons
 *   fleet     what runs on devices
 *   fleet-…   the same at one site where workloads change only in maintenance windows
 *   upgrades  the upgrades of K3s on devices
 *   hub-statement  what hub-statement.ts takes to devices
 *
 * Argo CD creates `default` itself, with all rights; here it loses them.
 *
 * With `repository.signing` a project accepts only commits with a signature. Argo CD 3.4 then refuses an
 * Application with any source that is not a Git repository, and never verifies a source that is read for its
 * values only. So `hub` then has only charts, without access to the state repository, and what is in Git has
 * its own project:
 *
 *   hub-objects   the identity of the hub, and the objects of add-ons that their charts do not create
 */
import { createHash } from "node:crypto";
import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import {
  argoNamespace,
  calendarLabel,
  gatewayNamespace,
  projectLabel,
  upgradeName,
} from "../../fleet/model/contract.ts";
import { weekDays } from "../../fleet/model/maintenance.ts";
import { calendarName, calendarOf, minutesOf, type Calendar } from "../../fleet/rules/calendar.ts";
import {
  AppProject,
  type AppProjectSpec,
  type AppProjectSpecDestinations,
  type AppProjectSpecSyncWindows,
} from "../imports/argoproj.io.ts";
import type { Kind } from "../kubernetes/kinds.ts";
import type { SigningKey } from "../../fleet/model/fleet.ts";
import { deviceServers, hubServer, type Repository } from "./application.ts";
import type { Site } from "../../fleet/model/device.ts";

const fleetProject = "fleet";
const hubProject = "hub";
export const upgradesProject = "upgrades";
export const hubStatementProject = "hub-statement";

/** What the projects of workloads allow on devices. */
export interface FleetProjectProps {
  /** URL of the state repository. */
  readonly repositoryUrl: string;
  /** Keys of which one has to sign each commit there. @default none */
  readonly signingKeys?: readonly SigningKey[] | undefined;
  /** Chart repositories of workloads. */
  readonly workloadChartRepositories: readonly string[];
  /** One namespace for each workload. */
  readonly workloadNamespaces: readonly string[];
  /**
   * Kinds of the workloads' objects, and of those that Kubernetes makes of them: Argo CD's resource
   * tree hides a kind that is not allowed.
   */
  readonly deviceKinds: readonly Kind[];
}

export interface ProjectsChartProps extends FleetProjectProps {
  /** Chart repositories of what runs on the hub. */
  readonly hubChartRepositories: readonly string[];
  /** Namespaces of the hub's add-ons. */
  readonly addonNamespaces: readonly string[];
  /** Whether an add-on has objects in the gateways' namespace. */
  readonly addonsInGatewayNamespace: boolean;
  /** Cluster-wide kinds of the add-ons, beside those that every chart may have. */
  readonly addonClusterKinds: readonly Kind[];
  /** Kinds of the upgrades on devices. @default none */
  readonly upgradeKinds?: readonly Kind[];
}

export class ProjectsChart extends Chart {
  constructor(scope: Construct, id: string, props: ProjectsChartProps) {
    super(scope, id);
    const { repositoryUrl, addonNamespaces, upgradeKinds = [], signingKeys } = props;
    const state = { sourceRepos: [repositoryUrl], ...signatures(signingKeys) };
    addProject(this, "default", {
      description: "Nothing: each Application has a project of its own.",
      // A list that is omitted here would keep Argo CD's initial value.
      sourceRepos: [],
      destinations: [],
      clusterResourceWhitelist: [],
      namespaceResourceWhitelist: [],
    });
    const hubRights = {
      destinations: destinations(hubServer, [
        argoNamespace,
        ...(props.addonsInGatewayNamespace ? [gatewayNamespace] : []),
        ...addonNamespaces,
      ]),
      clusterResourceWhitelist: groupKinds([...hubClusterKinds, ...props.addonClusterKinds]),
    };
    addProject(this, hubProject, {
      description: "What runs on the hub.",
      sourceRepos: [
        ...(signingKeys === undefined ? [repositoryUrl] : []),
        ...props.hubChartRepositories,
      ],
      ...hubRights,
    });
    if (signingKeys !== undefined) {
      addProject(this, hubObjectsProject({ signing: { keys: signingKeys } }), {
        description: "Objects on the hub that are in the state repository.",
        ...state,
        ...hubRights,
      });
    }
    addProject(this, fleetProject, {
      description: "What runs on devices.",
      ...fleetRights(props),
    });
    if (upgradeKinds.length === 0) return;
    addProject(this, upgradesProject, {
      description: "Upgrades of K3s on devices.",
      ...state,
      destinations: destinations(deviceServers, [upgradeName]),
      ...allowedKinds(upgradeKinds),
    });
  }
}

export interface SiteProjectChartProps extends FleetProjectProps {
  /** Name of the site. */
  readonly site: string;
  /** When the site's workloads may change. */
  readonly calendar: Calendar;
}

/** The project of a site where workloads change only in maintenance windows. */
export class SiteProjectChart extends Chart {
  constructor(scope: Construct, id: string, props: SiteProjectChartProps) {
    super(scope, id);
    addProject(this, siteProject(props.site), {
      description: `What runs on devices at ${props.site}.`,
      ...fleetRights(props),
      syncWindows: syncWindows(props.calendar),
    });
  }
}

const namespaceKind: Kind = { group: "", kind: "Namespace", namespaced: false };
export const namespaceKinds = groupKinds([namespaceKind]);

const webhookGroup = "admissionregistration.k8s.io";

/** Cluster-wide kinds that every chart on the hub may have. In its namespace it may have any kind. */
const hubClusterKinds: readonly Kind[] = [
  namespaceKind,
  { group: "apiextensions.k8s.io", kind: "CustomResourceDefinition", namespaced: false },
  { group: "rbac.authorization.k8s.io", kind: "ClusterRole", namespaced: false },
  { group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding", namespaced: false },
  { group: webhookGroup, kind: "MutatingWebhookConfiguration", namespaced: false },
  { group: webhookGroup, kind: "ValidatingWebhookConfiguration", namespaced: false },
];

/** The maximum length of a label's value. */
const labelLengthMax = 63;

/** The name of a site's project. It is the value of a label too. */
function siteProject(site: string): string {
  const whole = `${fleetProject}-${site}`;
  if (whole.length <= labelLengthMax) return whole;
  const digest = createHash("sha256").update(site).digest("hex").slice(0, 12);
  return `${whole.slice(0, labelLengthMax - 13)}-${digest}`;
}

/** Whether Argo CD changes the site's workloads only in maintenance windows. */
export function hasSiteProject({ maintenance }: Site): boolean {
  return maintenance.workloads === "window";
}

/** A registration's label with the project of its site, where the site has one. */
export function projectLabels(site: Site): Readonly<Record<string, string>> {
  return hasSiteProject(site) ? { [projectLabel]: siteProject(site.name) } : {};
}

/** A registration's label by which upgrades select devices with the same calendar. */
export function calendarLabels(site: Site): Readonly<Record<string, string>> {
  return { [calendarLabel]: calendarName(calendarOf(site)) };
}

/**
 * Template of an Application's project, for an ApplicationSet over registrations. It always reads the
 * registration's label: a constant would create Applications without sync windows whenever a new
 * registration is seen before the ApplicationSet that knows its site's windows.
 */
export const workloadProject = `{{index .metadata.labels "${projectLabel}" | default "${fleetProject}"}}`;

/**
 * A calendar as sync windows. Outside them Argo CD starts no sync by itself; a person may. They
 * may pass midnight (Argo CD 3.4.4, pkg/apis/application/v1alpha1/types.go, SyncWindow).
 */
export function syncWindows({ timeZone, windows }: Calendar): AppProjectSpecSyncWindows[] {
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

export function addProject(scope: Construct, name: string, spec: AppProjectSpec): void {
  new AppProject(scope, name, {
    metadata: {
      name,
      namespace: argoNamespace,
      // Applications name their project, so projects come first; root.ts has what comes before them.
      annotations: { "argocd.argoproj.io/sync-wave": "-1" },
    },
    spec,
  });
}

function fleetRights(props: FleetProjectProps): AppProjectSpec {
  return {
    sourceRepos: [...new Set([props.repositoryUrl, ...props.workloadChartRepositories])],
    ...signatures(props.signingKeys),
    destinations: destinations(deviceServers, props.workloadNamespaces),
    ...allowedKinds(props.deviceKinds),
  };
}

/** Argo CD knows a signature by the key that made it, which may be a subkey. */
export function signatures(keys: FleetProjectProps["signingKeys"]): AppProjectSpec {
  if (keys === undefined) return {};
  return { signatureKeys: keys.flatMap(({ signing }) => signing).map((keyId) => ({ keyId })) };
}

/** The project of what is on the hub and in the state repository. */
export function hubObjectsProject({ signing }: Pick<Repository, "signing">): string {
  return signing === undefined ? hubProject : `${hubProject}-objects`;
}

export function destinations(
  server: string,
  namespaces: readonly string[],
): AppProjectSpecDestinations[] {
  return namespaces.map((namespace) => ({ server, namespace }));
}

export function allowedKinds(kinds: readonly Kind[]): AppProjectSpec {
  return {
    clusterResourceWhitelist: groupKinds(kinds.filter((kind) => !kind.namespaced)),
    namespaceResourceWhitelist: groupKinds(kinds.filter((kind) => kind.namespaced)),
  };
}

function groupKinds(kinds: readonly Kind[]): { group: string; kind: string }[] {
  return kinds.map(({ group, kind }) => ({ group, kind }));
}
