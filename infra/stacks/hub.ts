import { TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { nameServersOutput } from "../../fleet/model/contract.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { CloudHub } from "../cloud.ts";
import { cloudOf } from "../clouds.ts";
import { configureTerraform } from "./settings.ts";

export interface HubStackProps {
  readonly fleet: Fleet;
}

/**
 * The hub in the cloud: one network and one Kubernetes cluster, in which Argo CD runs. For a cluster that is
 * there already it holds a user's own resources only.
 */
export class HubStack extends TerraformStack {
  /** For other stacks: cdktf turns what they use of it into outputs and a remote state. */
  readonly hub: CloudHub;

  constructor(scope: Construct, id: string, { fleet }: HubStackProps) {
    super(scope, id);
    configureTerraform(this, fleet);
    this.hub = cloudOf(fleet).addHub(this);
    for (const [name, key, description] of outputs) {
      const value = this.hub[key];
      if (value !== undefined) new TerraformOutput(this, name, { value, description });
    }
  }
}

/** Name, value and description of each output. Names are a contract with their readers. */
const outputs: readonly (readonly [string, keyof CloudHub, string])[] = [
  ["cluster_name", "clusterName", "Name of the hub's Kubernetes cluster"],
  ["cluster_endpoint", "clusterEndpoint", "DNS name of the cluster's API server"],
  ["location", "location", "Region or zone of the cluster"],
  ["network_name", "networkName", "Name of the cluster's network"],
  ["credentials_command", "credentialsCommand", "Command that configures kubectl for the cluster"],
  ["gateway_address", "gatewayAddress", "Address of the gateway, which devices connect to"],
  ["ingress_address", "ingressAddress", "Address of the hub's web pages"],
  [
    nameServersOutput,
    "nameServers",
    "Name servers of the fleet's zone: the domain above must delegate to them",
  ],
  ["external_dns_account", "externalDnsAccount", "Service account of external-dns"],
  ["cert_manager_account", "certManagerAccount", "Service account of cert-manager"],
];
