/**
 * The clouds that a hub can run in. A second cloud is one folder beside `google/`, its line in
 * `clouds`, and its shape in the fleet's model.
 */
import type { TerraformStack } from "cdktf";
import type { Cloud, Fleet } from "../../fleet/model.ts";
import { buildGoogleHub } from "./google/index.ts";

/** What every cloud gives of its hub. A value may be a reference that Terraform fills in. */
export interface CloudHub {
  readonly clusterName: string;
  /** Where the cluster runs, in the cloud's own words: `us-east1`. */
  readonly location: string;
  readonly networkName: string;
  /** Shell command that adds the cluster to the caller's kubeconfig. */
  readonly credentialsCommand: string;
}

/** Adds a provider and the resources of a hub to a stack. */
export type HubBuilder = (stack: TerraformStack, fleet: Fleet) => CloudHub;

export const clouds: Readonly<Record<Cloud["provider"], HubBuilder>> = {
  google: buildGoogleHub,
};
