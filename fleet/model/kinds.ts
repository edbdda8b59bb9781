/** Kinds of Kubernetes objects. */

/** A kind of Kubernetes object. */
export interface Kind {
  /** API group without its version, empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/**
 * Kinds without a namespace, by group, of Kubernetes 1.36 (`kubectl api-resources
 * --namespaced=false`), without those that cannot be created.
 */
const clusterKinds: Readonly<Record<string, readonly string[]>> = {
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
  "certificates.k8s.io": ["CertificateSigningRequest"],
  "flowcontrol.apiserver.k8s.io": ["FlowSchema", "PriorityLevelConfiguration"],
  "networking.k8s.io": ["IngressClass", "IPAddress", "ServiceCIDR"],
  "node.k8s.io": ["RuntimeClass"],
  "rbac.authorization.k8s.io": ["ClusterRole", "ClusterRoleBinding"],
  "resource.k8s.io": ["DeviceClass", "ResourceSlice"],
  "scheduling.k8s.io": ["PriorityClass"],
  "storage.k8s.io": ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
};

/** Kinds of other groups count as namespaced, unless a CustomResourceDefinition says otherwise. */
export function isNamespaced(group: string, kind: string): boolean {
  return !(clusterKinds[group] ?? []).includes(kind);
}

/** The group of an `apiVersion`: `apps` of `apps/v1`, empty of `v1`. */
export function groupOf(apiVersion: string): string {
  const [group = "", version] = apiVersion.split("/");
  return version === undefined ? "" : group;
}

/** A kind as written in fleet.yaml: `apps/Deployment`, or `Service` for the core group. */
export function parseKind(text: string): Kind {
  const at = text.indexOf("/");
  const group = at === -1 ? "" : text.slice(0, at);
  const kind = text.slice(at + 1);
  return { group, kind, namespaced: isNamespaced(group, kind) };
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
