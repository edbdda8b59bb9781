import { ComputeNetwork } from "@cdktf/provider-google/lib/compute-network/index.js";
import { ComputeSubnetwork } from "@cdktf/provider-google/lib/compute-subnetwork/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

/** IPv4 ranges are in CIDR form. */
export interface HubNetworkProps {
  readonly fleetName: string;
  /** Name of the network and stem of its subnet's name. */
  readonly name: string;
  readonly region: string;
  /** The subnet's own range. */
  readonly nodesRange: string;
  readonly podsRange: string;
  readonly servicesRange: string;
  /**
   * What must be there first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** The hub's own network, with one subnet whose secondary ranges serve pods and services. */
export class HubNetwork extends Construct {
  readonly name: string;
  readonly networkId: string;
  readonly subnetId: string;
  readonly podsRangeName = "pods";
  readonly servicesRangeName = "services";

  constructor(scope: Construct, id: string, props: HubNetworkProps) {
    super(scope, id);
    // Google can't change a description in place: a new text would replace network and cluster.
    const network = new ComputeNetwork(this, "vpc", {
      name: props.name,
      description: `Hub of the edge fleet ${props.fleetName}, managed by Flotilla`,
      autoCreateSubnetworks: false,
      routingMode: "REGIONAL",
      dependsOn: [...(props.dependsOn ?? [])],
    });
    const subnet = new ComputeSubnetwork(this, "subnet", {
      name: `${props.name}-nodes`,
      description: `Nodes, pods and services of the hub of the edge fleet ${props.fleetName}`,
      network: network.id,
      region: props.region,
      ipCidrRange: props.nodesRange,
      secondaryIpRange: [
        { rangeName: this.podsRangeName, ipCidrRange: props.podsRange },
        { rangeName: this.servicesRangeName, ipCidrRange: props.servicesRange },
      ],
      privateIpGoogleAccess: true,
      // Half of the flows in blocks of ten minutes: enough to see who talked to whom, at a
      // fraction of what a full log costs.
      logConfig: {
        aggregationInterval: "INTERVAL_10_MIN",
        flowSampling: 0.5,
        metadata: "INCLUDE_ALL_METADATA",
      },
    });
    this.name = network.name;
    this.networkId = network.id;
    this.subnetId = subnet.id;
  }
}
