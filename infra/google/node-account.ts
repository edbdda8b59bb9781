import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

export interface HubNodeAccountProps {
  readonly fleetName: string;
  /** Prefix of the account's name; at most 24 characters. */
  readonly name: string;
  readonly project: string;
  /**
   * What must exist first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * The nodes' identity in Google Cloud: an account that may write logs and metrics. Compute Engine's
 * default account may edit the whole project.
 */
export class HubNodeAccount extends Construct {
  readonly email: string;
  /** Its rights. Nodes that start without them are unhealthy. */
  readonly grant: ITerraformDependable;

  constructor(scope: Construct, id: string, props: HubNodeAccountProps) {
    super(scope, id);
    const account = new ServiceAccount(this, "account", {
      accountId: `${props.name}-nodes`,
      displayName: `Edge fleet ${props.fleetName}: nodes of the hub`,
      description: "Writes logs and metrics of the hub's nodes, managed by Flotilla",
      // A killed Terraform may have created the account without recording it.
      createIgnoreAlreadyExists: true,
      dependsOn: [...(props.dependsOn ?? [])],
    });
    this.grant = new ProjectIamMember(this, "logs-and-metrics", {
      project: props.project,
      role: "roles/container.defaultNodeServiceAccount",
      member: account.member,
    });
    this.email = account.email;
  }
}
