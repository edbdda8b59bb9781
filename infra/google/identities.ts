import { DnsManagedZoneIamMember } from "@cdktf/provider-google/lib/dns-managed-zone-iam-member/index.js";
import { ProjectIamCustomRole } from "@cdktf/provider-google/lib/project-iam-custom-role/index.js";
import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member/index.js";
import { Construct } from "constructs";
import { addPodAccount, type PodAccountProps, type PodIdentity } from "./pod-account.ts";

export interface HubIdentitiesProps extends PodAccountProps {
  /** Name in Google Cloud of the DNS zone whose records both identities may change. */
  readonly zoneName: string;
}

const externalDns: PodIdentity = { id: "external-dns", use: "dns" };
const certManager: PodIdentity = { id: "cert-manager", use: "certs" };

/**
 * What external-dns and cert-manager may do in Google Cloud: change the records of the fleet's own
 * zone, and see the names of the project's other zones. Google's predefined role for records could
 * also delete the zone and grant rights on it.
 */
export class HubIdentities extends Construct {
  /** E-mail addresses, as the annotation `iam.gke.io/gcp-service-account` names them. */
  readonly externalDns: string;
  readonly certManager: string;

  constructor(scope: Construct, id: string, props: HubIdentitiesProps) {
    super(scope, id);
    const role = (use: string, title: string, permissions: string[]): string =>
      new ProjectIamCustomRole(this, use, {
        // Hyphens are not allowed here.
        roleId: `${props.name}_${use}`.replaceAll("-", "_"),
        title: `Edge fleet ${props.fleetName}: ${title}`,
        description: "Managed by Flotilla",
        permissions,
        dependsOn: [...(props.dependsOn ?? [])],
      }).name;
    const records = role("records", "change the records of a DNS zone", recordPermissions);
    const zones = role("zones", "list DNS zones", ["dns.managedZones.list"]);
    const account = (identity: PodIdentity): string =>
      this.#addAccount(props, identity, { records, zones });
    this.externalDns = account(externalDns);
    this.certManager = account(certManager);
  }

  /** The e-mail address of a new account. */
  #addAccount(
    props: HubIdentitiesProps,
    identity: PodIdentity,
    roles: { readonly records: string; readonly zones: string },
  ): string {
    const { id } = identity;
    const description = `Changes records of the zone ${props.name}, managed by Flotilla`;
    const account = addPodAccount(this, props, identity, description);
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

/** The permissions that the documents of external-dns (GKE) and cert-manager (Cloud DNS) name. */
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
