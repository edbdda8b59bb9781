/** How an add-on's pods get their rights in Google Cloud without a key: Workload Identity. */
import type { Fleet } from "../../fleet/model/fleet.ts";
import { accountEmail } from "../../fleet/model/contract.ts";
import type { AccountUse } from "../../fleet/model/contract.ts";

/** Annotation of the Kubernetes service account; infra/ makes the account and lets the pods in. */
export function accountAnnotation(fleet: Fleet, use: AccountUse): Record<string, string> {
  return {
    "iam.gke.io/gcp-service-account": accountEmail(fleet.name, fleet.cloud.project, use),
  };
}
