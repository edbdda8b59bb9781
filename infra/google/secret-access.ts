import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { Construct } from "constructs";
import { cloudSecretName } from "../../fleet/model/contract.ts";
import { addPodAccount, type PodAccountProps, type PodIdentity } from "./pod-account.ts";

export interface HubSecretAccessProps extends PodAccountProps {
  /** Number of the project: Secret Manager's names contain it. */
  readonly projectNumber: string;
}

const externalSecrets: PodIdentity = { id: "external-secrets", use: "creds" };

/**
 * What External Secrets may do in Google Cloud: read the project's secrets whose name starts with
 * the fleet's name. It cannot list secrets. Fleets in one project must not have names of which one
 * starts with another: `harbor` can read the secrets of `harbor-pine`.
 */
export class HubSecretAccess extends Construct {
  constructor(scope: Construct, id: string, props: HubSecretAccessProps) {
    super(scope, id);
    const { fleetName, project, projectNumber } = props;
    const description = `Reads secrets named ${cloudSecretName(fleetName, "*")}, managed by Flotilla`;
    const account = addPodAccount(this, props, externalSecrets, description);
    const prefix = `projects/${projectNumber}/secrets/${cloudSecretName(fleetName, "")}`;
    new ProjectIamMember(this, "external-secrets-read", {
      project,
      role: "roles/secretmanager.secretAccessor",
      member: account.member,
      condition: {
        title: `Secrets of the edge fleet ${fleetName}`,
        expression: `resource.name.startsWith("${prefix}")`,
      },
    });
  }
}
