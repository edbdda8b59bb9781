/**
 * Typed classes of Kubernetes' own kinds, from cdk8s-plus: `KubeDeployment` and so on, and the types
 * of their fields.
 *
 * By its full path: the root import of cdk8s-plus loads its whole library. Beyond cdk8s, which is
 * loaded anyway, this file costs some 40 ms and 15 MB (measured on Node 20).
 */
export * from "cdk8s-plus-27/lib/imports/k8s.js";
