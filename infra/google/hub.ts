import { GoogleProvider } from "@cdktf/provider-google/lib/provider/index.js";
import type { TerraformStack } from "cdktf";
import { fleetHubSize } from "../../fleet/rules/hub-size.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { hubName } from "../../fleet/model/contract.ts";
import type { CloudHub } from "../clouds.ts";
import { HubAddresses } from "./addresses.ts";
import { HubBackup } from "./backup.ts";
import { HubBudget } from "./budget.ts";
import { HubCluster } from "./cluster.ts";
import { HubDns } from "./dns.ts";
import { HubEncryption } from "./encryption.ts";
import { HubIdentities, HubSecretAccess } from "./identities.ts";
import { HubNetwork } from "./network.ts";
import { HubNodeAccount } from "./node-account.ts";
import { addNodePools } from "./node-pools.ts";
import { projectNumber } from "./project.ts";
import { HubServices } from "./services.ts";

/**
 * The hub in Google Cloud.
 *
 * Construct ids are a contract with running fleets: Terraform's addresses are made from them, and a
 * resource with a new address is destroyed and made anew.
 */
export function buildGoogleHub(stack: TerraformStack, fleet: Fleet): CloudHub {
  const { cloud, name: fleetName } = fleet;
  const { project, region, deletionProtection } = cloud;
  const name = hubName(fleetName);

  new GoogleProvider(stack, "google", {
    project,
    region,
    // Whose quota of the billing API is used; a person's own login has none.
    ...(cloud.budget !== null && { billingProject: project, userProjectOverride: true }),
  });
  const further = [
    ...(cloud.backup ? ["gkebackup"] : []),
    ...(cloud.encryption === "kms" ? ["cloudkms"] : []),
    ...(cloud.budget !== null ? ["billingbudgets"] : []),
    ...(fleet.platform !== null ? ["secretmanager"] : []),
  ];
  const services = new HubServices(stack, "services", { further });
  const dependsOn = services.all;
  const common = { fleetName, name, project, region, deletionProtection, dependsOn };

  const network = new HubNetwork(stack, "network", {
    ...common,
    nodesRange: cloud.network.nodes,
    podsRange: cloud.network.pods,
    servicesRange: cloud.network.services,
  });
  const addresses = new HubAddresses(stack, "addresses", common);
  const dns = new HubDns(stack, "dns", {
    ...common,
    domain: fleet.domain,
    gatewayHost: fleet.tunnel.endpoint.host,
    gatewayAddress: addresses.gateway,
  });
  const number = asksNumber(fleet) ? projectNumber(stack, project, services.first) : "";
  const cluster = addCluster(stack, fleet, network, { ...common, projectNumber: number });
  const identities = new HubIdentities(stack, "identities", {
    ...common,
    zoneName: dns.zoneName,
    cluster: cluster.resource,
  });
  if (fleet.platform !== null) {
    const access = { ...common, cluster: cluster.resource, projectNumber: number };
    new HubSecretAccess(stack, "secrets", access);
  }

  return {
    clusterName: cluster.name,
    clusterEndpoint: cluster.endpoint,
    location: cluster.location,
    networkName: network.name,
    credentialsCommand:
      `gcloud container clusters get-credentials ${cluster.name}` +
      ` --location ${cluster.location} --project ${project} --dns-endpoint`,
    gatewayAddress: addresses.gateway,
    ingressAddress: addresses.ingress,
    nameServers: dns.nameServers,
    externalDnsAccount: identities.externalDns,
    certManagerAccount: identities.certManager,
  };
}

interface Common {
  readonly fleetName: string;
  readonly name: string;
  readonly project: string;
  readonly region: string;
  readonly deletionProtection: boolean;
  readonly dependsOn: HubServices["all"];
  /** Empty where nothing asks for it. */
  readonly projectNumber: string;
}

function asksNumber({ cloud, platform }: Fleet): boolean {
  return cloud.encryption !== null || cloud.budget !== null || platform !== null;
}

/** The cluster with its nodes, and around it what the fleet asks for. */
function addCluster(
  stack: TerraformStack,
  fleet: Fleet,
  network: HubNetwork,
  common: Common,
): HubCluster {
  const { cloud } = fleet;
  const { backup, budget, encryption, location, maintenance, nodePool } = cloud;
  const { dependsOn } = common;
  const secrets = encryption === null ? undefined : new HubEncryption(stack, "encryption", common);
  const account = new HubNodeAccount(stack, "nodes", common);
  const cluster = new HubCluster(stack, "cluster", {
    ...common,
    location,
    network,
    serviceAccount: account.email,
    maintenance,
    backup,
    ...(secrets !== undefined && { secretsKeyId: secrets.keyId }),
    dependsOn: [...dependsOn, account.grant, ...(secrets === undefined ? [] : [secrets.grant])],
  });
  addNodePools(cluster, {
    ...common,
    clusterId: cluster.id,
    serviceAccount: account.email,
    dependsOn: [account.grant],
    machineType: fleetHubSize(fleet).machineType,
    minNodes: nodePool.minNodes,
    maxNodes: nodePool.maxNodes,
    spot: nodePool.spot,
  });
  if (backup) new HubBackup(stack, "backup", { ...common, clusterId: cluster.id });
  if (budget !== null) {
    new HubBudget(stack, "budget", { ...common, ...budget });
  }
  return cluster;
}
