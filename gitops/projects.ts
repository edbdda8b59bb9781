/**
 * Argo CD's projects: who may deploy what, from where, to where.
 *
 *   default   the root Application: Argo CD's own objects, registrations and the gateway's settings
 *   hub       what runs on the hub: Argo CD itself and the add-ons
 *   fleet     what runs on devices, and never on the hub
 *
 * Argo CD makes `default` by itself and lets it do anything; here it gets what root needs.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { gatewayNamespace } from "../fleet/gateways.ts";
import type { Fleet } from "../fleet/model.ts";
import { argoApiVersion, argoNamespace, deviceServers, hubServer } from "./argo.ts";
import type { Kind } from "./kinds.ts";

export interface ProjectsProps {
  readonly repository: Fleet["repository"];
  /** Chart repositories that the hub installs from. */
  readonly chartRepositories: readonly string[];
  /** Of the hub's add-ons. */
  readonly addonNamespaces: readonly string[];
  /** What they make outside of namespaces, beside what every chart may. */
  readonly addonClusterKinds: readonly Kind[];
  /** One namespace for each workload. */
  readonly workloadNamespaces: readonly string[];
  /** Every kind on devices, what Kubernetes makes by itself included: else the tree hides it. */
  readonly deviceKinds: readonly Kind[];
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
    this.#add("default", {
      description: "The root Application.",
      sourceRepos: [git],
      destinations: destinations(hubServer, [
        argoNamespace,
        gatewayNamespace,
        ...props.addonNamespaces,
      ]),
      ...allowed(rootKinds),
    });
    this.#add("hub", {
      description: "What runs on the hub.",
      sourceRepos: [git, ...props.chartRepositories],
      destinations: destinations(hubServer, [argoNamespace, ...props.addonNamespaces]),
      clusterResourceWhitelist: groupKinds([...hubClusterKinds, ...props.addonClusterKinds]),
    });
    this.#add("fleet", {
      description: "What runs on devices.",
      sourceRepos: [git],
      destinations: destinations(deviceServers, props.workloadNamespaces),
      ...allowed(props.deviceKinds),
    });
  }

  #add(name: string, spec: Readonly<Record<string, unknown>>): void {
    new ApiObject(this, name, {
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
