import { DnsManagedZoneIamMember } from "@cdktf/provider-google/lib/dns-managed-zone-iam-member/index.js";
import { ProjectIamCustomRole } from "@cdktf/provider-google/lib/project-iam-custom-role/index.js";
import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import { ServiceAccountIamMember } from "@cdktf/provider-google/lib/service-account-iam-member/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

export interface HubIdentitiesProps {
  readonly fleetName: string;
  /** Stem of the accounts' names; at most 24 characters, so that they have at most 30. */
  readonly name: string;
  readonly project: string;
  /** Name in Google Cloud of the DNS zone that two of them may write to. */
  readonly zoneName: string;
  /** The cluster, which brings along the pool of identities that pods are members of. */
  readonly cluster: ITerraformDependable;
  /**
   * What must be there first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** The Kubernetes service account of an add-on, as its chart makes it. */
interface Workload {
  readonly id: string;
  /** End of the account's name: the add-on's own would be too long. */
  readonly suffix: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

const externalDns: Workload = {
  id: "external-dns",
  suffix: "dns",
  namespace: "external-dns",
  serviceAccount: "external-dns",
};

const certManager: Workload = {
  id: "cert-manager",
  suffix: "certs",
  namespace: "cert-manager",
  serviceAccount: "cert-manager",
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
    const { id, suffix, namespace, serviceAccount } = workload;
    const account = new ServiceAccount(this, id, {
      accountId: `${props.name}-${suffix}`,
      displayName: `Edge fleet ${props.fleetName}: ${id}`,
      description: `Changes records of the zone ${props.name}, managed by Flotilla`,
      // Terraform may have been killed between making it and writing that down.
      createIgnoreAlreadyExists: true,
      dependsOn: [...(props.dependsOn ?? [])],
    });
    new ServiceAccountIamMember(this, `${id}-pods`, {
      serviceAccountId: account.name,
      role: "roles/iam.workloadIdentityUser",
      member: `serviceAccount:${props.project}.svc.id.goog[${namespace}/${serviceAccount}]`,
      dependsOn: [props.cluster],
    });
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
