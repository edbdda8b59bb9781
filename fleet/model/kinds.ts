/** Kinds of Kubernetes objects, as an operator writes them and as Argo CD sees them. */

/** A kind of Kubernetes object. */
export interface Kind {
  /** API group without its version, empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/**
 * Kinds without a namespace, by group, of Kubernetes 1.36 (`kubectl api-resources
 * --namespaced=false`), without those that nobody can create.
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

/** Kinds of other groups are taken to be in namespaces; a folder's own definitions say better. */
export function isNamespaced(group: string, kind: string): boolean {
  return !(clusterKinds[group] ?? []).includes(kind);
}

/** The group of an `apiVersion`: `apps` of `apps/v1`, empty of `v1`. */
export function groupOf(apiVersion: string): string {
  const [group = "", version] = apiVersion.split("/");
  return version === undefined ? "" : group;
}

/** A kind as fleet.yaml has it: `apps/Deployment`, or `Service` of the core group. */
export function parseKind(text: string): Kind {
  const at = text.indexOf("/");
  const group = at === -1 ? "" : text.slice(0, at);
  const kind = text.slice(at + 1);
  return { group, kind, namespaced: isNamespaced(group, kind) };
}

/**
 * What most charts for one service make. Each kind is a connection to every device, so this is not
 * all that a chart might make: Argo CD refuses any other kind, by name.
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
