import { DnsManagedZone } from "@cdktf/provider-google/lib/dns-managed-zone/index.js";
import { DnsRecordSet } from "@cdktf/provider-google/lib/dns-record-set/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { fleetLabels, protection } from "./labels.ts";

export interface HubDnsProps {
  readonly fleetName: string;
  /** Name of the zone in Google Cloud. */
  readonly name: string;
  /** `edge.example.com`, without a dot at the end. */
  readonly domain: string;
  /** Host name or IPv4 address that devices dial. */
  readonly gatewayHost: string;
  /** Address that the name of the gateway resolves to. */
  readonly gatewayAddress: string;
  /** Whether Terraform refuses to delete the zone. A new zone has other name servers. */
  readonly deletionProtection: boolean;
  /**
   * What must exist first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** The fleet's DNS zone, signed, with a record of the gateway if its name is in the zone. */
export class HubDns extends Construct {
  readonly zoneName: string;
  readonly nameServers: readonly string[];

  constructor(scope: Construct, id: string, props: HubDnsProps) {
    super(scope, id);
    const zone = new DnsManagedZone(this, "zone", {
      name: props.name,
      dnsName: `${props.domain}.`,
      description: `DNS zone of the edge fleet ${props.fleetName}, managed by Flotilla`,
      visibility: "public",
      dnssecConfig: { state: "on", nonExistence: "nsec3" },
      labels: fleetLabels(props.fleetName),
      // external-dns and cert-manager also write records, and a zone with records cannot be deleted.
      forceDestroy: true,
      ...protection(props.deletionProtection),
      dependsOn: [...(props.dependsOn ?? [])],
    });
    if (props.gatewayHost === props.domain || props.gatewayHost.endsWith(`.${props.domain}`)) {
      new DnsRecordSet(this, "gateway", {
        managedZone: zone.name,
        name: `${props.gatewayHost}.`,
        type: "A",
        // A device resolves the name only when it connects again.
        ttl: 300,
        rrdatas: [props.gatewayAddress],
      });
    }
    this.zoneName = zone.name;
    this.nameServers = zone.nameServers;
  }
}
