import { ComputeAddress } from "@cdktf/provider-google/lib/compute-address/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { fleetLabels, protection } from "./labels.ts";
import { gatewayAddressName, ingressAddressName } from "../../fleet/model/contract.ts";

export interface HubAddressesProps {
  readonly fleetName: string;
  readonly region: string;
  /** Whether Terraform refuses to release them. */
  readonly deletionProtection: boolean;
  /**
   * What must exist first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * The hub's public IPv4 addresses, reserved in the region: they stay when the load balancers that
 * use them are deleted. Services of the cluster name them: `<fleet>-gateway`, `<fleet>-ingress`.
 */
export class HubAddresses extends Construct {
  readonly gateway: string;
  readonly ingress: string;

  constructor(scope: Construct, id: string, props: HubAddressesProps) {
    super(scope, id);
    const reserve = (use: string, name: string, description: string): string =>
      new ComputeAddress(this, use, {
        name,
        description: `${description} the edge fleet ${props.fleetName}`,
        region: props.region,
        addressType: "EXTERNAL",
        networkTier: "PREMIUM",
        labels: fleetLabels(props.fleetName),
        ...protection(props.deletionProtection),
        dependsOn: [...(props.dependsOn ?? [])],
      }).address;
    this.gateway = reserve(
      "gateway",
      gatewayAddressName(props.fleetName),
      "Gateway that devices dial in",
    );
    this.ingress = reserve(
      "ingress",
      ingressAddressName(props.fleetName),
      "Web pages of the hub of",
    );
  }
}
