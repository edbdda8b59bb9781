/** How an add-on's pods get their rights in Google Cloud without a key: Workload Identity. */
import type { Fleet } from "../../fleet/model/fleet.ts";
import { accountName, hubName } from "../../fleet/model/names.ts";
import type { AccountUse } from "../../fleet/model/names.ts";

/** Annotation of the Kubernetes service account; infra/ makes the account and lets the pods in. */
export function accountAnnotation(fleet: Fleet, use: AccountUse): Record<string, string> {
  const account = accountName(hubName(fleet.name), use);
  return {
    "iam.gke.io/gcp-service-account": `${account}@${fleet.cloud.project}.iam.gserviceaccount.com`,
  };
}
