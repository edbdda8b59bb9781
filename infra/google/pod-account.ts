import { ServiceAccountIamMember } from "@cdktf/provider-google/lib/service-account-iam-member/index.js";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { accountName, podAccounts, type AccountUse } from "../../fleet/model/contract.ts";

/** What the service accounts of pods need. */
export interface PodAccountProps {
  readonly fleetName: string;
  /** Prefix of the accounts' names; see accountName. */
  readonly name: string;
  readonly project: string;
  /** The cluster, which creates the pool of identities that pods are members of. */
  readonly cluster: ITerraformDependable;
  /**
   * What must exist first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** An add-on whose pods use an account. */
export interface PodIdentity {
  readonly id: string;
  readonly use: AccountUse;
}

/**
 * Adds an account in Google Cloud that the pods of an add-on may use without a key (Workload
 * Identity). Its two resources are directly below `scope`, where running fleets have them.
 */
export function addPodAccount(
  scope: Construct,
  props: PodAccountProps,
  { id, use }: PodIdentity,
  description: string,
): ServiceAccount {
  const pods = podAccounts[use];
  const account = new ServiceAccount(scope, id, {
    accountId: accountName(props.name, use),
    displayName: `Edge fleet ${props.fleetName}: ${id}`,
    description,
    // A killed Terraform may have created the account without recording it.
    createIgnoreAlreadyExists: true,
    dependsOn: [...(props.dependsOn ?? [])],
  });
  new ServiceAccountIamMember(scope, `${id}-pods`, {
    serviceAccountId: account.name,
    role: "roles/iam.workloadIdentityUser",
    member: `serviceAccount:${props.project}.svc.id.goog[${pods.namespace}/${pods.name}]`,
    dependsOn: [props.cluster],
  });
  return account;
}
