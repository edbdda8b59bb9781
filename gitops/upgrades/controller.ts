/**
 * Rancher's system-upgrade-controller on a device: it runs each Plan's upgrade once, as a Job.
 *
 * Read at v0.20.1. It writes its own CustomResourceDefinition each time that it starts
 * (pkg/upgrade/controller.go, registerCRD), so none is written here: the two would fight. Its rights
 * are those of manifests/clusterrole.yaml less what only channels, drains and leader election need;
 * it lists Jobs of all namespaces (wrangler v3.7, pkg/apply) and writes only its own.
 */
import { ApiObject } from "cdk8s";
import { Construct } from "constructs";
import { Namespace } from "../kubernetes/namespace.ts";
import { restrictedContainer, restrictedPod } from "../kubernetes/pods.ts";
import { devicePort, managedByFlotilla, upgradeName } from "../../fleet/model/contract.ts";

/** The account of the upgrades themselves. They do their work on the host and have no rights. */
export const upgradeAccount = "upgrade";

const name = "system-upgrade-controller";
const group = "rbac.authorization.k8s.io";
const planKind = "plans.upgrade.cattle.io";
const labels = { "app.kubernetes.io/name": name, ...managedByFlotilla };
const podLabels = { "app.kubernetes.io/name": name, "upgrade.cattle.io/controller": name };

export interface UpgradeControllerProps {
  readonly image: string;
}

export class UpgradeController extends Construct {
  constructor(scope: Construct, id: string, { image }: UpgradeControllerProps) {
    super(scope, id);
    const own = { name, namespace: upgradeName, labels };
    const subjects = [{ kind: "ServiceAccount", name, namespace: upgradeName }];
    new Namespace(this, "namespace", {
      name: upgradeName,
      // An upgrade has the host's files and processes.
      podSecurity: "privileged",
      labels,
    });
    this.#add("account", "v1", "ServiceAccount", own, { automountServiceAccountToken: false });
    this.#add(
      "upgrade-account",
      "v1",
      "ServiceAccount",
      { ...own, name: upgradeAccount },
      { automountServiceAccountToken: false },
    );
    this.#add(
      "cluster-role",
      `${group}/v1`,
      "ClusterRole",
      { name, labels },
      { rules: everywhere },
    );
    this.#add(
      "cluster-role-binding",
      `${group}/v1`,
      "ClusterRoleBinding",
      { name, labels },
      { roleRef: { apiGroup: group, kind: "ClusterRole", name }, subjects },
    );
    this.#add("role", `${group}/v1`, "Role", own, { rules: inNamespace });
    this.#add("role-binding", `${group}/v1`, "RoleBinding", own, {
      roleRef: { apiGroup: group, kind: "Role", name },
      subjects,
    });
    this.#add("network", "networking.k8s.io/v1", "NetworkPolicy", own, { spec: network });
    this.#add("deployment", "apps/v1", "Deployment", own, { spec: deployment(image) });
  }

  #add(id: string, apiVersion: string, kind: string, metadata: object, rest: object): void {
    new ApiObject(this, id, { apiVersion, kind, metadata: { ...metadata }, ...rest });
  }
}

const everywhere = [
  { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch", "update"] },
  // It takes the cluster's identity from there.
  { apiGroups: [""], resources: ["namespaces"], resourceNames: ["kube-system"], verbs: ["get"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
  { apiGroups: ["batch"], resources: ["jobs"], verbs: ["get", "list", "watch"] },
  // A creation or a list can't be bound to a name.
  {
    apiGroups: ["apiextensions.k8s.io"],
    resources: ["customresourcedefinitions"],
    verbs: ["create", "list"],
  },
  {
    apiGroups: ["apiextensions.k8s.io"],
    resources: ["customresourcedefinitions"],
    resourceNames: [planKind],
    verbs: ["get", "update"],
  },
];

const inNamespace = [
  { apiGroups: ["upgrade.cattle.io"], resources: ["plans"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["upgrade.cattle.io"], resources: ["plans/status"], verbs: ["update", "patch"] },
  {
    apiGroups: ["batch"],
    resources: ["jobs"],
    verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
  },
  { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"] },
];

/** Upgrades are on the host's network, which no policy is about. */
const network = {
  podSelector: {},
  policyTypes: ["Ingress", "Egress"],
  // The API server: port 443 of its Service, behind which it listens on 6443.
  egress: [{ ports: [443, devicePort].map((port) => ({ protocol: "TCP", port })) }],
};

function fromField(fieldPath: string): object {
  return { valueFrom: { fieldRef: { fieldPath } } };
}

/** Settings are in the environment: one that changes restarts the controller. */
const environment = [
  { name: "SYSTEM_UPGRADE_CONTROLLER_NAME", value: name },
  { name: "SYSTEM_UPGRADE_CONTROLLER_NAMESPACE", ...fromField("metadata.namespace") },
  { name: "SYSTEM_UPGRADE_CONTROLLER_NODE_NAME", ...fromField("spec.nodeName") },
  // There is one, on a device of one node.
  { name: "SYSTEM_UPGRADE_CONTROLLER_LEADER_ELECT", value: "false" },
  { name: "SYSTEM_UPGRADE_CONTROLLER_THREADS", value: "1" },
  // Until the deadline of the Plan (plan.ts).
  { name: "SYSTEM_UPGRADE_JOB_BACKOFF_LIMIT", value: "99" },
  { name: "SYSTEM_UPGRADE_JOB_IMAGE_PULL_POLICY", value: "IfNotPresent" },
];

function deployment(image: string): object {
  return {
    replicas: 1,
    revisionHistoryLimit: 3,
    strategy: { type: "Recreate" },
    selector: { matchLabels: podLabels },
    template: {
      metadata: { labels: podLabels },
      spec: {
        serviceAccountName: name,
        automountServiceAccountToken: true,
        enableServiceLinks: false,
        securityContext: restrictedPod,
        // A server may be kept free of ordinary pods.
        tolerations: [
          { key: "CriticalAddonsOnly", operator: "Exists" },
          {
            key: "node-role.kubernetes.io/control-plane",
            operator: "Exists",
            effect: "NoSchedule",
          },
        ],
        containers: [
          {
            name,
            image,
            imagePullPolicy: "IfNotPresent",
            env: environment,
            securityContext: restrictedContainer,
            resources: {
              requests: { cpu: "10m", memory: "48Mi" },
              limits: { memory: "192Mi" },
            },
          },
        ],
      },
    },
  };
}
