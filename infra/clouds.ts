/**
 * The clouds that a hub can run in. A second cloud is one folder beside `google/`, its line in
 * `clouds`, and its shape in the fleet's model.
 */
import type { TerraformStack } from "cdktf";
import type { Cloud, Fleet } from "../fleet/model/fleet.ts";
import { googleAccess } from "./google/access.ts";
import { buildGoogleHub } from "./google/hub.ts";

/** What every cloud gives of its hub. A value may be a reference that Terraform fills in. */
export interface CloudHub {
  readonly clusterName: string;
  /** DNS name of the cluster's API server, which answers to the cloud's identities only. */
  readonly clusterEndpoint: string;
  /** Where the cluster runs, in the cloud's own words: `us-east1`. */
  readonly location: string;
  readonly networkName: string;
  /** Shell command that adds the cluster to the caller's kubeconfig. */
  readonly credentialsCommand: string;
  /** IPv4 address that devices dial. */
  readonly gatewayAddress: string;
  /** IPv4 address of the hub's ingress. */
  readonly ingressAddress: string;
  /** Of the fleet's DNS zone: the domain above must delegate to them. */
  readonly nameServers: readonly string[];
  /** What external-dns and cert-manager are to the cloud, as their pods must name it. */
  readonly externalDnsAccount: string;
  readonly certManagerAccount: string;
}

/** Adds a provider and the resources of a hub to a stack. */
export type HubBuilder = (stack: TerraformStack, fleet: Fleet) => CloudHub;

export const clouds: Readonly<Record<Cloud["provider"], HubBuilder>> = {
  google: buildGoogleHub,
};

/** How a provider of Terraform reaches the hub's API server from outside of the cloud. */
export interface ClusterAccess {
  /** URL of the API server; its certificate is one that every computer trusts. */
  readonly host: string;
  /** The program that logs in, as a kubeconfig's `exec`. Nothing of it gets into the state. */
  readonly login: {
    readonly api_version: string;
    readonly command: string;
    readonly args: readonly string[];
  };
}

/** Adds a provider, and what finds the cluster by its name, to a stack other than the hub's own. */
export type AccessBuilder = (stack: TerraformStack, fleet: Fleet) => ClusterAccess;

export const clusterAccess: Readonly<Record<Cloud["provider"], AccessBuilder>> = {
  google: googleAccess,
};
