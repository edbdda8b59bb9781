/** Kinds of Kubernetes objects. */
import { fieldAt } from "./values.ts";

/** A kind of Kubernetes object. */
export interface Kind {
  /** API group without its version, empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/**
 * Kinds without a namespace, by group: those of Kubernetes 1.36 (`kubectl api-resources --namespaced=false`),
 * without those that cannot be created, and those of operators that many devices run. The groups' other kinds
 * have one.
 */
const clusterKinds: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    "": ["Namespace", "Node", "PersistentVolume"],
    "admissionregistration.k8s.io": [
      "MutatingAdmissionPolicy",
      "MutatingAdmissionPolicyBinding",
      "MutatingWebhookConfiguration",
      "ValidatingAdmissionPolicy",
      "ValidatingAdmissionPolicyBinding",
      "ValidatingWebhookConfiguration",
    ],
    "apiextensions.k8s.io": ["CustomResourceDefinition"],
    "apiregistration.k8s.io": ["APIService"],
    "certificates.k8s.io": ["CertificateSigningRequest", "ClusterTrustBundle"],
    "flowcontrol.apiserver.k8s.io": ["FlowSchema", "PriorityLevelConfiguration"],
    "networking.k8s.io": ["IngressClass", "IPAddress", "ServiceCIDR"],
    "node.k8s.io": ["RuntimeClass"],
    "rbac.authorization.k8s.io": ["ClusterRole", "ClusterRoleBinding"],
    "resource.k8s.io": ["DeviceClass", "DeviceTaintRule", "ResourceSlice"],
    "scheduling.k8s.io": ["PriorityClass"],
    "storage.k8s.io": [
      "CSIDriver",
      "CSINode",
      "StorageClass",
      "VolumeAttachment",
      "VolumeAttributesClass",
    ],
    "cert-manager.io": ["ClusterIssuer"],
    "external-secrets.io": ["ClusterExternalSecret", "ClusterPushSecret", "ClusterSecretStore"],
    "gateway.networking.k8s.io": ["GatewayClass"],
    "groupsnapshot.storage.k8s.io": ["VolumeGroupSnapshotClass", "VolumeGroupSnapshotContent"],
    "snapshot.storage.k8s.io": ["VolumeSnapshotClass", "VolumeSnapshotContent"],
  }),
);

/** Groups of Kubernetes, K3s and operators that have kinds with a namespace only. */
const namespacedGroups: readonly string[] = [
  "apps",
  "autoscaling",
  "batch",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "helm.cattle.io",
  "longhorn.io",
  "metallb.io",
  "monitoring.coreos.com",
  "policy",
  "traefik.io",
  "upgrade.cattle.io",
];

/**
 * Whether objects of a kind have a namespace: one answer, or both of them where only the device knows it.
 *
 * @param defined kinds of the fleet's CustomResourceDefinitions
 */
function scopes(group: string, kind: string, defined: readonly Kind[]): readonly boolean[] {
  const known = defined.find((each) => each.group === group && each.kind === kind);
  if (known !== undefined) return [known.namespaced];
  const ofCluster = clusterKinds.get(group);
  if (ofCluster !== undefined) return [!ofCluster.includes(kind)];
  return namespacedGroups.includes(group) ? [true] : [true, false];
}

/**
 * Whether an object gets its workload's namespace. Argo CD removes it where the kind has none.
 *
 * @param defined kinds of the fleet's CustomResourceDefinitions
 */
export function isNamespaced(group: string, kind: string, defined: readonly Kind[] = []): boolean {
  return scopes(group, kind, defined).includes(true);
}

/**
 * The kind as Argo CD has to allow it, which asks the device whether it has a namespace: twice where nothing here
 * says so.
 *
 * @param defined kinds of the fleet's CustomResourceDefinitions
 */
export function kindsNamed(
  group: string,
  kind: string,
  defined: readonly Kind[] = [],
): readonly Kind[] {
  return scopes(group, kind, defined).map((namespaced) => ({ group, kind, namespaced }));
}

/** The kind that a value defines; none if it is not a CustomResourceDefinition. */
export function definedKinds(value: unknown): readonly Kind[] {
  if (fieldAt(value, ["kind"]) !== "CustomResourceDefinition") return [];
  const [group, kind, scope] = [["group"], ["names", "kind"], ["scope"]].map((path) =>
    fieldAt(value, ["spec", ...path]),
  );
  if (typeof group !== "string" || typeof kind !== "string") return [];
  return [{ group, kind, namespaced: scope !== "Cluster" }];
}

/** The group of an `apiVersion`: `apps` of `apps/v1`, empty of `v1`. */
export function groupOf(apiVersion: string): string {
  const [group = "", version] = apiVersion.split("/");
  return version === undefined ? "" : group;
}

/** A kind as written in fleet.yaml: `apps/Deployment`, or `Service` for the core group. */
export function parseKind(text: string): readonly Kind[] {
  const at = text.indexOf("/");
  return kindsNamed(at === -1 ? "" : text.slice(0, at), text.slice(at + 1));
}

/**
 * Kinds that most charts for one service create. Argo CD opens a connection to every device for
 * each kind, so the list is short. Argo CD refuses other kinds and names them.
 */
export const commonChartKinds: readonly string[] = [
  "ConfigMap",
  "PersistentVolumeClaim",
  "Secret",
  "Service",
  "ServiceAccount",
  "apps/Deployment",
  "networking.k8s.io/Ingress",
];
