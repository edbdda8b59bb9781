/** Where the hub runs. */
import type { MaintenanceWindow } from "./maintenance.ts";

/** The hub's cluster: one that Flotilla makes in a cloud, or an existing one. */
export type Cloud = GoogleCloud | ExistingCluster;

/** IPv4 ranges in CIDR form. */
export interface HubNetwork {
  readonly nodes: string;
  readonly pods: string;
  readonly services: string;
}

/** Your own Kubernetes cluster. Flotilla creates nothing outside it. */
export interface ExistingCluster {
  readonly provider: "existing";
  /** Its context in the kubeconfig. */
  readonly context: string;
  readonly network: HubNetwork;
  /** The port that its API servers listen on: network policies see it, and not the Service's 443. */
  readonly apiServerPort: number;
  /** The storage class of the add-ons' volumes; null: the cluster's default. */
  readonly storageClass: string | null;
  /** Where devices reach the gateways. */
  readonly gateway: ClusterEntrance & {
    readonly service: "LoadBalancer" | "NodePort";
    /** Labels of the nodes that gateways run on; empty: any node. */
    readonly nodeSelector: Readonly<Record<string, string>>;
  };
  /** Where browsers reach the hub's pages; null: nowhere. */
  readonly ingress: ClusterEntrance | null;
  /** Name of the ClusterSecretStore that secrets come from; null: there is none. */
  readonly secretStore: string | null;
  /** cert-manager's solver `dns01` for the hub's domain; null: hosts have no certificates. */
  readonly dns01: Readonly<Record<string, unknown>> | null;
}

/** A Service that is reached from outside the cluster. */
export interface ClusterEntrance {
  /** IPv4 address. */
  readonly address: string;
  /** Annotations of the Service. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** The hub's cluster in Google Cloud. */
export interface GoogleCloud {
  readonly provider: "google";
  readonly project: string;
  readonly region: string;
  /** Location of the cluster: the region, or one zone of it. */
  readonly location: string;
  readonly network: HubNetwork;
  readonly nodePool: {
    /** Null: chosen by the number of devices. */
    readonly machineType: string | null;
    /** Limits for all zones together. */
    readonly minNodes: number;
    readonly maxNodes: number;
    readonly spot: boolean;
  };
  /** When Google may upgrade the cluster, in UTC. */
  readonly maintenance: MaintenanceWindow;
  /** `kms`: Kubernetes Secrets are encrypted with a Cloud KMS key of the project. */
  readonly encryption: "kms" | null;
  /** Whether the cluster's objects and volumes are backed up every night. */
  readonly backup: boolean;
  /** A monthly amount, in whole units of the billing account's currency, or null. */
  readonly budget: { readonly billingAccount: string; readonly monthlyAmount: number } | null;
  /**
   * Whether Terraform refuses to delete the cluster, its network, its DNS zone and its addresses.
   */
  readonly deletionProtection: boolean;
  /** The bucket that Terraform's state is in; null: files in the project's folder. */
  readonly state: { readonly bucket: string } | null;
}
