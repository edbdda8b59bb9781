import { ContainerCluster } from "@cdktf/provider-google/lib/container-cluster/index.js";
import { ContainerNodePool } from "@cdktf/provider-google/lib/container-node-pool/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { HubNetwork } from "./network.ts";

export interface HubClusterProps {
  readonly fleetName: string;
  readonly name: string;
  readonly project: string;
  readonly region: string;
  readonly network: HubNetwork;
  /** A machine type of Compute Engine, `e2-standard-2`. */
  readonly machineType: string;
  /** Bounds of the node pool, counted over all zones of the region together. */
  readonly minNodes: number;
  readonly maxNodes: number;
  /**
   * What must be there first: the enabled APIs.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** The hub's GKE cluster: a control plane in every zone of the region, and the pool `general`. */
export class HubCluster extends Construct {
  readonly name: string;
  readonly location: string;

  constructor(scope: Construct, id: string, props: HubClusterProps) {
    super(scope, id);
    const labels = { fleet: props.fleetName, "managed-by": "flotilla" };
    const cluster = new ContainerCluster(this, "gke", {
      name: props.name,
      // Google can't change a description in place: a new text would replace the cluster.
      description: `Hub of the edge fleet ${props.fleetName}: Argo CD. Managed by Flotilla`,
      location: props.region,
      resourceLabels: labels,
      network: props.network.networkId,
      subnetwork: props.network.subnetId,
      networkingMode: "VPC_NATIVE",
      ipAllocationPolicy: {
        clusterSecondaryRangeName: props.network.podsRangeName,
        servicesSecondaryRangeName: props.network.servicesRangeName,
      },
      datapathProvider: "ADVANCED_DATAPATH",
      enableIntranodeVisibility: true,
      enableShieldedNodes: true,
      masterAuth: { clientCertificateConfig: { issueClientCertificate: false } },
      workloadIdentityConfig: { workloadPool: `${props.project}.svc.id.goog` },
      releaseChannel: { channel: "REGULAR" },
      // A cluster can't be made without a pool. This one goes at once: its settings could only be
      // changed together with the cluster.
      removeDefaultNodePool: true,
      initialNodeCount: 1,
      deletionProtection: true,
      dependsOn: [...(props.dependsOn ?? [])],
    });
    new ContainerNodePool(this, "general", {
      name: "general",
      cluster: cluster.id,
      // No initial count: it would be for each zone, could pass the maximum, and could never be
      // changed in place. The autoscaler brings the pool up.
      autoscaling: { totalMinNodeCount: props.minNodes, totalMaxNodeCount: props.maxNodes },
      management: { autoRepair: true, autoUpgrade: true },
      nodeConfig: {
        machineType: props.machineType,
        imageType: "COS_CONTAINERD",
        resourceLabels: labels,
        // What a node may do is the business of IAM, which scopes would only hide.
        oauthScopes: ["https://www.googleapis.com/auth/cloud-platform"],
        metadata: { "disable-legacy-endpoints": "true" },
        shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
        workloadMetadataConfig: { mode: "GKE_METADATA" },
      },
    });
    this.name = cluster.name;
    this.location = cluster.location;
  }
}
