/**
 * The clouds that a hub can run in. A second cloud is one folder beside `google/`, its line in
 * `clouds`, and its shape in the fleet's model.
 */
import type { Construct } from "constructs";
import type { Fleet } from "../fleet/model/fleet.ts";
import { fleetHubSize } from "../fleet/rules/hub-size.ts";
import type { CloudHub, ClusterAccess } from "./cloud.ts";
import { GoogleClusterAccess } from "./google/cluster-access.ts";
import { GoogleHub, type GoogleHubProps } from "./google/hub.ts";
import type { Cloud } from "../fleet/model/cloud.ts";

export interface CloudBuilder {
  /** Adds a provider and the resources of a hub to a stack. */
  readonly addHub: (stack: Construct, fleet: Fleet) => CloudHub;
  /** Adds a provider and a lookup of the cluster to a stack other than the hub's own. */
  readonly addAccess: (stack: Construct, fleet: Fleet) => ClusterAccess;
}

/** An id that cdktf leaves out of Terraform's addresses. */
const hidden = "Default";

export const clouds: Readonly<Record<Cloud["provider"], CloudBuilder>> = {
  google: {
    addHub: (stack, fleet) => new GoogleHub(stack, hidden, googleHubProps(fleet)),
    addAccess: (stack, { name: fleetName, cloud: { project, region, location } }) =>
      new GoogleClusterAccess(stack, hidden, { fleetName, project, region, location }),
  },
};

function googleHubProps(fleet: Fleet): GoogleHubProps {
  const { name: fleetName, domain, cloud, tunnel, platform } = fleet;
  const { project, region, location, network, nodePool, maintenance, backup, budget } = cloud;
  return {
    fleetName,
    project,
    region,
    location,
    domain,
    gatewayHost: tunnel.endpoint.host,
    nodesRange: network.nodes,
    podsRange: network.pods,
    servicesRange: network.services,
    machineType: fleetHubSize(fleet).machineType,
    minNodes: nodePool.minNodes,
    maxNodes: nodePool.maxNodes,
    spot: nodePool.spot,
    maintenance,
    encryption: cloud.encryption === "kms",
    backup,
    ...(budget !== null && { budget }),
    externalSecrets: platform !== null,
    deletionProtection: cloud.deletionProtection,
  };
}
