/** The hub in the cloud. */
import type { MaintenanceWindow } from "./maintenance.ts";

/** The hub's cluster in Google Cloud. */
export interface Cloud {
  readonly provider: "google";
  readonly project: string;
  readonly region: string;
  /** Location of the cluster: the region, or one zone of it. */
  readonly location: string;
  /** IPv4 ranges in CIDR form. */
  readonly network: { readonly nodes: string; readonly pods: string; readonly services: string };
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
