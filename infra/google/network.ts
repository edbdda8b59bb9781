import { ComputeNetwork } from "@cdktf/provider-google/lib/compute-network/index.js";
import { ComputeRouter } from "@cdktf/provider-google/lib/compute-router/index.js";
import { ComputeRouterNat } from "@cdktf/provider-google/lib/compute-router-nat/index.js";
import { ComputeSubnetwork } from "@cdktf/provider-google/lib/compute-subnetwork/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { protection } from "./labels.ts";

/** IPv4 ranges are in CIDR form. */
export interface HubNetworkProps {
  readonly fleetName: string;
  /** Name of the network, and prefix of its parts' names. */
  readonly name: string;
  readonly region: string;
  /** The subnet's own range. */
  readonly nodesRange: string;
  readonly podsRange: string;
  readonly servicesRange: string;
  /** Whether Terraform refuses to delete network and subnet. */
  readonly deletionProtection: boolean;
  /**
   * What must exist first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * The hub's own network: one subnet with secondary ranges for pods and services, and a NAT for nodes
 * that have no public address.
 *
 * It has no firewall rules. Google refuses incoming traffic unless a rule allows it, and GKE creates
 * the rules that it needs, including the one that admits devices to the UDP port of the gateway's
 * load balancer.
 */
export class HubNetwork extends Construct {
  readonly name: string;
  readonly networkId: string;
  readonly subnetId: string;
  readonly podsRangeName = "pods";
  readonly servicesRangeName = "services";

  constructor(scope: Construct, id: string, props: HubNetworkProps) {
    super(scope, id);
    // Google cannot change a description in place: a new text would replace network and cluster.
    const network = new ComputeNetwork(this, "vpc", {
      name: props.name,
      description: `Hub of the edge fleet ${props.fleetName}, managed by Flotilla`,
      autoCreateSubnetworks: false,
      routingMode: "REGIONAL",
      ...protection(props.deletionProtection),
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
      // Half of the flows in blocks of ten minutes: enough to see which hosts were connected, at a
      // fraction of the cost of a full log.
      logConfig: {
        aggregationInterval: "INTERVAL_10_MIN",
        flowSampling: 0.5,
        metadata: "INCLUDE_ALL_METADATA",
      },
      ...protection(props.deletionProtection),
    });
    this.#addNat(props, network.id, subnet.id);
    this.name = network.name;
    this.networkId = network.id;
    this.subnetId = subnet.id;
  }

  #addNat(props: HubNetworkProps, networkId: string, subnetId: string): void {
    const router = new ComputeRouter(this, "router", {
      name: `${props.name}-router`,
      description: `NAT for the nodes of the hub of the edge fleet ${props.fleetName}`,
      network: networkId,
      region: props.region,
    });
    new ComputeRouterNat(this, "nat", {
      name: `${props.name}-nat`,
      router: router.name,
      region: props.region,
      natIpAllocateOption: "AUTO_ONLY",
      sourceSubnetworkIpRangesToNat: "LIST_OF_SUBNETWORKS",
      subnetwork: [{ name: subnetId, sourceIpRangesToNat: ["ALL_IP_RANGES"] }],
      // A node full of pods that pull images needs more ports than the fixed 64.
      enableDynamicPortAllocation: true,
      enableEndpointIndependentMapping: false,
      minPortsPerVm: 64,
      maxPortsPerVm: 8192,
      logConfig: { enable: true, filter: "ERRORS_ONLY" },
    });
  }
}
