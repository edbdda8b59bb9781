/** How an add-on's pods get rights in Google Cloud without a key: Workload Identity. */

/** Annotation of the Kubernetes service account; infra/ creates the account and lets the pods in. */
export function accountAnnotation(email: string): Record<string, string> {
  return { "iam.gke.io/gcp-service-account": email };
}
