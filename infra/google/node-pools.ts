import {
  ContainerNodePool,
  type ContainerNodePoolNodeConfig,
} from "@cdktf/provider-google/lib/container-node-pool/index.js";
import type { ITerraformDependable, TerraformResourceLifecycle } from "cdktf";
import type { Construct } from "constructs";
import {
  gatewayDiskGigabytes,
  gatewayMachine,
  gatewayNodeLabel,
  gatewayNodesMax,
  generalDiskGigabytes,
  surgeNodes,
} from "../../fleet/model/contract.ts";
import { fleetLabels } from "./labels.ts";

export interface HubNodePoolsProps {
  readonly fleetName: string;
  /** Network tag of the nodes. */
  readonly name: string;
  readonly clusterId: string;
  /** E-mail address of the nodes' service account. */
  readonly serviceAccount: string;
  /** What must be there first: the account's rights. */
  readonly dependsOn: readonly ITerraformDependable[];
  /** A machine type of Compute Engine, `e2-standard-2`. */
  readonly machineType: string;
  /** Bounds of the pool `general`, counted over all zones together. */
  readonly minNodes: number;
  readonly maxNodes: number;
  /** Whether Google may take the nodes of `general` away at any time. */
  readonly spot: boolean;
}

/**
 * The hub's nodes: `general` for Argo CD and the add-ons; `gateway` for the tunnels' ends, with
 * GKE's Ubuntu, whose kernel has WireGuard. Both stand below the cluster's construct, where running
 * fleets have them.
 */
export function addNodePools(cluster: Construct, props: HubNodePoolsProps): void {
  addPool(cluster, props, "general", {
    // Google can't turn a pool into one of spot machines or back: the new one has another name, so
    // that it can be there before the old one goes. What else can't be changed in place (all but
    // sizes, images, labels and taints) must never change without another name.
    name: props.spot ? "general-spot" : "general",
    lifecycle: { createBeforeDestroy: true },
    bounds: { totalMinNodeCount: props.minNodes, totalMaxNodeCount: props.maxNodes },
    nodeConfig: {
      machineType: props.machineType,
      imageType: "COS_CONTAINERD",
      diskType: "pd-balanced",
      diskSizeGb: generalDiskGigabytes,
      spot: props.spot,
    },
  });
  addPool(cluster, props, "gateway", {
    name: "gateway",
    bounds: { totalMinNodeCount: 1, totalMaxNodeCount: gatewayNodesMax },
    nodeConfig: {
      machineType: gatewayMachine.type,
      imageType: "UBUNTU_CONTAINERD",
      diskType: "pd-balanced",
      diskSizeGb: gatewayDiskGigabytes,
      labels: { [gatewayNodeLabel]: "true" },
      taint: [{ key: gatewayNodeLabel, value: "true", effect: "NO_SCHEDULE" }],
    },
  });
}

function addPool(
  cluster: Construct,
  props: HubNodePoolsProps,
  id: string,
  { name, lifecycle, bounds, nodeConfig }: Pool,
): void {
  new ContainerNodePool(cluster, id, {
    name,
    ...(lifecycle !== undefined && { lifecycle }),
    cluster: props.clusterId,
    // No initial count: it would be for each zone, could pass the maximum, and could never be
    // changed in place. The autoscaler brings the pool up.
    autoscaling: { ...bounds, locationPolicy: "BALANCED" },
    management: { autoRepair: true, autoUpgrade: true },
    upgradeSettings: { strategy: "SURGE", maxSurge: surgeNodes, maxUnavailable: 0 },
    nodeConfig: {
      ...nodeConfig,
      serviceAccount: props.serviceAccount,
      resourceLabels: fleetLabels(props.fleetName),
      tags: [props.name],
      // What a node may do is the business of IAM, which scopes would only hide.
      oauthScopes: ["https://www.googleapis.com/auth/cloud-platform"],
      metadata: { "disable-legacy-endpoints": "true", "block-project-ssh-keys": "true" },
      shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
      workloadMetadataConfig: { mode: "GKE_METADATA" },
      kubeletConfig: { insecureKubeletReadonlyPortEnabled: "FALSE" },
    },
    dependsOn: [...props.dependsOn],
  });
}

interface Pool {
  /** In Google Cloud; the construct's id stays. */
  readonly name: string;
  readonly lifecycle?: TerraformResourceLifecycle;
  readonly bounds: { readonly totalMinNodeCount: number; readonly totalMaxNodeCount: number };
  readonly nodeConfig: ContainerNodePoolNodeConfig;
}
