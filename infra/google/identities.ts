import { DnsManagedZoneIamMember } from "@cdktf/provider-google/lib/dns-managed-zone-iam-member/index.js";
import { ProjectIamCustomRole } from "@cdktf/provider-google/lib/project-iam-custom-role/index.js";
import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import { ServiceAccountIamMember } from "@cdktf/provider-google/lib/service-account-iam-member/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { accountName, cloudSecretName, podAccounts } from "../../fleet/model/contract.ts";
import type { AccountUse } from "../../fleet/model/contract.ts";

interface AccountProps {
  readonly fleetName: string;
  /** Stem of the accounts' names; see accountName. */
  readonly name: string;
  readonly project: string;
  /** The cluster, which brings along the pool of identities that pods are members of. */
  readonly cluster: ITerraformDependable;
  /**
   * What must be there first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

export interface HubIdentitiesProps extends AccountProps {
  /** Name in Google Cloud of the DNS zone that two of them may write to. */
  readonly zoneName: string;
}

/** The Kubernetes service account of an add-on, as its chart makes it. */
interface Workload {
  readonly id: string;
  readonly use: AccountUse;
}

const externalDns: Workload = {
  id: "external-dns",
  use: "dns",
};

const certManager: Workload = {
  id: "cert-manager",
  use: "certs",
};

/**
 * What external-dns and cert-manager may do in Google Cloud, without a key: their pods are known by
 * namespace and service account (Workload Identity). Each may change the records of the fleet's own
 * zone and nothing else; the names of the project's zones are all that they see beyond it. Google's
 * own role for records could delete the zone and hand out rights on it.
 */
export class HubIdentities extends Construct {
  /** E-mail addresses, as the annotation `iam.gke.io/gcp-service-account` names them. */
  readonly externalDns: string;
  readonly certManager: string;

  constructor(scope: Construct, id: string, props: HubIdentitiesProps) {
    super(scope, id);
    const role = (use: string, title: string, permissions: string[]): string =>
      new ProjectIamCustomRole(this, use, {
        // No hyphens are allowed in here.
        roleId: `${props.name}_${use}`.replaceAll("-", "_"),
        title: `Edge fleet ${props.fleetName}: ${title}`,
        description: "Managed by Flotilla",
        permissions,
        dependsOn: [...(props.dependsOn ?? [])],
      }).name;
    const records = role("records", "change the records of a DNS zone", recordPermissions);
    const zones = role("zones", "list DNS zones", ["dns.managedZones.list"]);
    const account = (workload: Workload): string =>
      this.addAccount(props, workload, { records, zones });
    this.externalDns = account(externalDns);
    this.certManager = account(certManager);
  }

  /** The e-mail address of a new account that the workload's pods may act as. */
  private addAccount(
    props: HubIdentitiesProps,
    workload: Workload,
    roles: { readonly records: string; readonly zones: string },
  ): string {
    const { id } = workload;
    const description = `Changes records of the zone ${props.name}, managed by Flotilla`;
    const account = podAccount(this, props, workload, description);
    new DnsManagedZoneIamMember(this, `${id}-records`, {
      managedZone: props.zoneName,
      role: roles.records,
      member: account.member,
    });
    new ProjectIamMember(this, `${id}-zones`, {
      project: props.project,
      role: roles.zones,
      member: account.member,
    });
    return account.email;
  }
}

export interface HubSecretAccessProps extends AccountProps {
  /** Of the project: Secret Manager names its secrets by it. */
  readonly projectNumber: string;
}

const externalSecrets: Workload = {
  id: "external-secrets",
  use: "creds",
};

/**
 * What External Secrets may do in Google Cloud: read the secrets of the project whose name starts
 * with the fleet's, and list none. Fleets that share a project must not start alike: `harbor` reads
 * what is `harbor-pine`'s.
 */
export class HubSecretAccess extends Construct {
  constructor(scope: Construct, id: string, props: HubSecretAccessProps) {
    super(scope, id);
    const { fleetName, project, projectNumber } = props;
    const description = `Reads secrets named ${cloudSecretName(fleetName, "*")}, managed by Flotilla`;
    const account = podAccount(this, props, externalSecrets, description);
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

/** A new account that the workload's pods may act as. */
function podAccount(
  scope: Construct,
  props: AccountProps,
  { id, use }: Workload,
  description: string,
): ServiceAccount {
  const pods = podAccounts[use];
  const account = new ServiceAccount(scope, id, {
    accountId: accountName(props.name, use),
    displayName: `Edge fleet ${props.fleetName}: ${id}`,
    description,
    // Terraform may have been killed between making it and writing that down.
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

/** As external-dns' tutorial for GKE and cert-manager's page on Cloud DNS ask for. */
const recordPermissions = [
  "dns.changes.create",
  "dns.changes.get",
  "dns.changes.list",
  "dns.managedZones.get",
  "dns.resourceRecordSets.create",
  "dns.resourceRecordSets.delete",
  "dns.resourceRecordSets.get",
  "dns.resourceRecordSets.list",
  "dns.resourceRecordSets.update",
];
