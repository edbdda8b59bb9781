/** What the objects on the hub need of the cloud that it runs in. */
import type { Construct } from "constructs";
import type { AccountUse } from "../../fleet/model/contract.ts";
import type { Values } from "../../fleet/model/values.ts";
import type { ClusterSecretStoreSpecProvider } from "../imports/external-secrets.io.ts";
import type { PodSpec } from "../imports/k8s.ts";

/** How a Service is reached from outside the cluster. */
export interface Entrance {
  readonly type: "LoadBalancer" | "NodePort";
  readonly annotations: Readonly<Record<string, string>>;
  /** `spec.loadBalancerIP`. @default the annotations request the address, or none is requested */
  readonly loadBalancerIp?: string;
}

export interface HubCloud {
  /** Where devices arrive. */
  readonly gateway: Entrance;
  /** Where the gateways run. */
  readonly gatewayNodes: Pick<PodSpec, "nodeSelector" | "tolerations">;
  /** Where browsers arrive. @default the hub's pages are reached from inside only */
  readonly ingress?: Entrance;
  /** Annotations with which a pod's service account gets its rights in the cloud. */
  readonly accountAnnotations: (use: AccountUse) => Readonly<Record<string, string>>;
  /** cert-manager's solver `dns01`, by its keys in YAML. @default hosts have no certificates */
  readonly dns01?: Readonly<Record<string, unknown>>;
  /** Values of external-dns for the hub's zone. @default the operator's own */
  readonly dnsValues?: Values;
  readonly secretStore: {
    readonly name: string;
    /** Its `spec.provider`. @default the operator makes the store */
    readonly provider?: ClusterSecretStoreSpecProvider;
  };
  readonly cluster: ClusterSettings;
}

/** Settings of the hub's cluster that objects at any depth depend on. */
export interface ClusterSettings {
  /** Name of the ClusterSecretStore. */
  readonly secretStore: string;
  /** The storage class of volumes. @default the cluster's default */
  readonly storageClass?: string;
  /** Port that the API servers listen on. @default 443 */
  readonly apiServerPort?: number;
}

const contextKey = "flotilla.dev/cluster";

/** Sets the cluster for everything in a construct that has no children yet. */
export function setCluster(scope: Construct, settings: ClusterSettings): void {
  scope.node.setContext(contextKey, settings);
}

/** The settings of the cluster that a construct is for; those of GKE if nothing set them. */
export function clusterOf(scope: Construct): ClusterSettings {
  return (scope.node.tryGetContext(contextKey) as ClusterSettings | undefined) ?? gke;
}

/** The store in Google Cloud. */
export const googleSecretStore = "google-secret-manager";
const gke: ClusterSettings = { secretStore: googleSecretStore };
