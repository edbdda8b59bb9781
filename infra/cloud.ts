/** What the constructs of a cloud give to the stacks. */
import type { HelmProviderKubernetes } from "@cdktf/provider-helm/lib/provider/index.js";

/**
 * A hub in a cloud. A value may be a reference that Terraform resolves; one that only a cluster made by
 * Terraform has is optional.
 */
export interface CloudHub {
  readonly clusterName: string;
  /** DNS name of the cluster's API server, which only identities of the cloud can use. */
  readonly clusterEndpoint?: string;
  /** Where the cluster runs, by the cloud's own name: `us-east1`. */
  readonly location?: string;
  readonly networkName?: string;
  /** Shell command that adds the cluster to the caller's kubeconfig. */
  readonly credentialsCommand: string;
  /** IPv4 address that devices dial. */
  readonly gatewayAddress: string;
  /** IPv4 address of the hub's ingress. */
  readonly ingressAddress?: string;
  /** Name servers of the fleet's DNS zone: the parent domain must delegate to them. */
  readonly nameServers?: readonly string[];
  /** Identities of external-dns and cert-manager in the cloud, as their pods must name them. */
  readonly externalDnsAccount?: string;
  readonly certManagerAccount?: string;
}

/** How a provider of Terraform reaches the hub's API server from outside the cloud. */
export interface ClusterAccess {
  /** Terraform's state must hold no token: a program logs in, or the kubeconfig does. */
  readonly kubernetes: Pick<
    HelmProviderKubernetes,
    "host" | "exec" | "configPaths" | "configContext"
  >;
}
