/**
 * Rancher's system-upgrade-controller on a device: it runs each Plan's upgrade once, as a Job.
 *
 * Read at v0.20.1. It writes its own CustomResourceDefinition whenever it starts
 * (pkg/upgrade/controller.go, registerCRD), so Flotilla writes none: Argo CD would revert it. Its
 * rights are those of manifests/clusterrole.yaml without those for channels, drains and leader
 * election; it lists Jobs of all namespaces (wrangler v3.7, pkg/apply) and writes only its own.
 */
import { Construct } from "constructs";
import {
  devicePort,
  managedByFlotilla,
  systemNamespace,
  upgradeName,
} from "../../fleet/model/contract.ts";
import {
  KubeClusterRole,
  KubeClusterRoleBinding,
  KubeDeployment,
  KubeNetworkPolicy,
  KubeRole,
  KubeRoleBinding,
  KubeServiceAccount,
  type EnvVar,
  type PodSpec,
  type PolicyRule,
  type Toleration,
} from "../imports/k8s.ts";
import { Namespace } from "../kubernetes/namespace.ts";
import { tcpPorts } from "../kubernetes/network.ts";
import {
  containerResources,
  environment,
  restrictedContainer,
  restrictedPod,
} from "../kubernetes/pods.ts";

/** The service account of the upgrade Jobs. They work on the host and have no rights in K3s. */
export const upgradeAccount = "upgrade";

const name = "system-upgrade-controller";
const group = "rbac.authorization.k8s.io";
const planKind = "plans.upgrade.cattle.io";
const labels = { "app.kubernetes.io/name": name, ...managedByFlotilla };
const podLabels = { "app.kubernetes.io/name": name, "upgrade.cattle.io/controller": name };
const metadata = { name, namespace: upgradeName, labels };
const subjects = [{ kind: "ServiceAccount", name, namespace: upgradeName }];

export interface UpgradeControllerProps {
  /** With its tag. */
  readonly image: string;
  /** Whether it runs on nodes with taints of the fleet file too. @default false */
  readonly hasTaints?: boolean;
}

export class UpgradeController extends Construct {
  constructor(scope: Construct, id: string, props: UpgradeControllerProps) {
    super(scope, id);
    const { image, hasTaints = false } = props;
    new Namespace(this, "namespace", {
      name: upgradeName,
      // An upgrade reads and writes the host's files and processes.
      podSecurity: "privileged",
      labels,
    });
    new KubeServiceAccount(this, "account", { metadata, automountServiceAccountToken: false });
    new KubeServiceAccount(this, "upgrade-account", {
      metadata: { ...metadata, name: upgradeAccount },
      automountServiceAccountToken: false,
    });
    new KubeClusterRole(this, "cluster-role", { metadata: { name, labels }, rules: clusterRules });
    new KubeClusterRoleBinding(this, "cluster-role-binding", {
      metadata: { name, labels },
      roleRef: { apiGroup: group, kind: "ClusterRole", name },
      subjects,
    });
    new KubeRole(this, "role", { metadata, rules: namespaceRules });
    new KubeRoleBinding(this, "role-binding", {
      metadata,
      roleRef: { apiGroup: group, kind: "Role", name },
      subjects,
    });
    // Upgrades use the host's network, which policies do not apply to.
    new KubeNetworkPolicy(this, "network", {
      metadata,
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        // The API server: port 443 of its Service, behind which it listens on 6443.
        egress: [{ ports: tcpPorts(443, devicePort) }],
      },
    });
    new KubeDeployment(this, "deployment", {
      metadata,
      spec: {
        replicas: 1,
        revisionHistoryLimit: 3,
        strategy: { type: "Recreate" },
        selector: { matchLabels: podLabels },
        template: { metadata: { labels: podLabels }, spec: podSpec(image, hasTaints) },
      },
    });
  }
}

const clusterRules: PolicyRule[] = [
  { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch", "update"] },
  // The identity of the cluster is the UID of this namespace.
  { apiGroups: [""], resources: ["namespaces"], resourceNames: [systemNamespace], verbs: ["get"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
  { apiGroups: ["batch"], resources: ["jobs"], verbs: ["get", "list", "watch"] },
  // RBAC cannot limit `create` and `list` to a name.
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

const namespaceRules: PolicyRule[] = [
  { apiGroups: ["upgrade.cattle.io"], resources: ["plans"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["upgrade.cattle.io"], resources: ["plans/status"], verbs: ["update", "patch"] },
  {
    apiGroups: ["batch"],
    resources: ["jobs"],
    verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
  },
  { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"] },
];

/** The controller reads its settings from the environment, so a changed one restarts it. */
const settings: EnvVar[] = [
  ...environment({ SYSTEM_UPGRADE_CONTROLLER_NAME: name }),
  fromField("SYSTEM_UPGRADE_CONTROLLER_NAMESPACE", "metadata.namespace"),
  fromField("SYSTEM_UPGRADE_CONTROLLER_NODE_NAME", "spec.nodeName"),
  ...environment({
    // A device has one node, so it has one controller.
    SYSTEM_UPGRADE_CONTROLLER_LEADER_ELECT: "false",
    SYSTEM_UPGRADE_CONTROLLER_THREADS: "1",
    // Retry until the deadline of the Plan (k3s-plans.ts).
    SYSTEM_UPGRADE_JOB_BACKOFF_LIMIT: "99",
    SYSTEM_UPGRADE_JOB_IMAGE_PULL_POLICY: "IfNotPresent",
  }),
];

function fromField(variable: string, fieldPath: string): EnvVar {
  return { name: variable, valueFrom: { fieldRef: { fieldPath } } };
}

/** A server may be reserved for system pods. */
const systemTolerations: Toleration[] = [
  { key: "CriticalAddonsOnly", operator: "Exists" },
  { key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" },
];

function podSpec(image: string, hasTaints: boolean): PodSpec {
  return {
    serviceAccountName: name,
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    securityContext: restrictedPod,
    tolerations: hasTaints ? [{ operator: "Exists" }] : systemTolerations,
    containers: [
      {
        name,
        image,
        imagePullPolicy: "IfNotPresent",
        env: settings,
        securityContext: restrictedContainer,
        resources: containerResources({ cpu: "10m", memory: "48Mi" }, { memory: "192Mi" }),
      },
    ],
  };
}
