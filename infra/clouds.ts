/**
 * The clouds that a hub can run in: a line each, and the constructs of a cloud that Terraform makes in
 * a folder (`google/`).
 */
import { GcsBackend, type TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Cloud, ExistingCluster, GoogleCloud } from "../fleet/model/cloud.ts";
import { ofCloud, type CloudList } from "../fleet/model/cloud-list.ts";
import type { Fleet } from "../fleet/model/fleet.ts";
import { fleetHubSize } from "../fleet/rules/hub-size.ts";
import type { CloudHub, ClusterAccess } from "./cloud.ts";
import { ExistingClusterAccess } from "./existing/cluster-access.ts";
import { existingHub } from "./existing/hub.ts";
import { GoogleClusterAccess } from "./google/cluster-access.ts";
import { GoogleHub, type GoogleHubProps } from "./google/hub.ts";

export interface CloudBuilder {
  /** Whether Terraform makes the cluster; if not, it has no stack. */
  readonly makesCluster: boolean;
  /** Adds a provider and the resources of a hub to a stack. */
  readonly addHub: (stack: Construct) => CloudHub;
  /** Adds to a stack other than the hub's own what it needs to reach the cluster. */
  readonly addAccess: (stack: Construct) => ClusterAccess;
  /** Keeps the state of a stack in the cloud, under a prefix. @default in a file of the project */
  readonly addBackend?: (stack: TerraformStack, prefix: string) => void;
}

/** An id that cdktf leaves out of Terraform's addresses. */
const hidden = "Default";

const clouds: CloudList<Fleet, CloudBuilder, Cloud> = {
  google,
  existing,
};

export function cloudOf(fleet: Fleet): CloudBuilder {
  return ofCloud(clouds, fleet, fleet.cloud);
}

function existing(_fleet: Fleet, cloud: ExistingCluster): CloudBuilder {
  return {
    makesCluster: false,
    addHub: () => existingHub(cloud),
    addAccess: (stack) => new ExistingClusterAccess(stack, hidden, cloud),
  };
}

function google(fleet: Fleet, cloud: GoogleCloud): CloudBuilder {
  const { project, region, location, state } = cloud;
  return {
    makesCluster: true,
    addHub: (stack) => new GoogleHub(stack, hidden, googleHubProps(fleet, cloud)),
    addAccess: (stack) =>
      new GoogleClusterAccess(stack, hidden, { fleetName: fleet.name, project, region, location }),
    ...(state !== null && {
      addBackend: (stack, prefix) => void new GcsBackend(stack, { bucket: state.bucket, prefix }),
    }),
  };
}

function googleHubProps(fleet: Fleet, cloud: GoogleCloud): GoogleHubProps {
  const { name: fleetName, domain, tunnel, platform } = fleet;
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
