import { GoogleProvider } from "@cdktf/provider-google/lib/provider/index.js";
import type { TerraformStack } from "cdktf";
import type { Fleet } from "../../../fleet/model.ts";
import type { CloudHub } from "../index.ts";
import { HubCluster } from "./cluster.ts";
import { HubNetwork } from "./network.ts";
import { HubServices } from "./services.ts";

/**
 * The hub in Google Cloud.
 *
 * Construct ids are a contract with running fleets: Terraform's addresses are made from them, and a
 * resource with a new address is destroyed and made anew.
 */
export function buildGoogleHub(stack: TerraformStack, fleet: Fleet): CloudHub {
  const { project, region, network: ranges, nodePool } = fleet.cloud;
  const name = `${fleet.name}-hub`;

  new GoogleProvider(stack, "google", { project, region });
  const services = new HubServices(stack, "services");
  const network = new HubNetwork(stack, "network", {
    fleetName: fleet.name,
    name,
    region,
    nodesRange: ranges.nodes,
    podsRange: ranges.pods,
    servicesRange: ranges.services,
    dependsOn: services.all,
  });
  const cluster = new HubCluster(stack, "cluster", {
    fleetName: fleet.name,
    name,
    project,
    region,
    network,
    machineType: nodePool.machineType,
    minNodes: nodePool.minNodes,
    maxNodes: nodePool.maxNodes,
    dependsOn: services.all,
  });

  return {
    clusterName: cluster.name,
    location: cluster.location,
    networkName: network.name,
    credentialsCommand:
      `gcloud container clusters get-credentials ${cluster.name}` +
      ` --region ${cluster.location} --project ${project}`,
  };
}
