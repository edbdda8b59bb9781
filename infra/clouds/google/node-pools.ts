import {
  ContainerNodePool,
  type ContainerNodePoolNodeConfig,
} from "@cdktf/provider-google/lib/container-node-pool/index.js";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { gatewayNodesMax } from "../../../fleet/cloud.ts";
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

/** Label and taint of the nodes that gateways run on, and nothing else. */
export const gatewayNodeLabel = "flotilla.dev/gateway";

/**
 * The hub's nodes: `general` for Argo CD and the add-ons; `gateway` for the tunnels' ends, with
 * GKE's Ubuntu, whose kernel has WireGuard. Both stand below the cluster's construct, where running
 * fleets have them.
 */
export function addNodePools(cluster: Construct, props: HubNodePoolsProps): void {
  addPool(cluster, props, "general", {
    bounds: { totalMinNodeCount: props.minNodes, totalMaxNodeCount: props.maxNodes },
    nodeConfig: {
      machineType: props.machineType,
      imageType: "COS_CONTAINERD",
      diskType: "pd-balanced",
      diskSizeGb: 50,
      spot: props.spot,
    },
  });
  addPool(cluster, props, "gateway", {
    bounds: { totalMinNodeCount: 1, totalMaxNodeCount: gatewayNodesMax },
    nodeConfig: {
      // A gateway with 2,000 peers asks for 184 MiB; 2.9 GiB of this one's 4 are for pods.
      machineType: "e2-medium",
      imageType: "UBUNTU_CONTAINERD",
      diskType: "pd-balanced",
      diskSizeGb: 30,
      labels: { [gatewayNodeLabel]: "true" },
      taint: [{ key: gatewayNodeLabel, value: "true", effect: "NO_SCHEDULE" }],
    },
  });
}

function addPool(
  cluster: Construct,
  props: HubNodePoolsProps,
  name: string,
  { bounds, nodeConfig }: Pool,
): void {
  new ContainerNodePool(cluster, name, {
    name,
    cluster: props.clusterId,
    // No initial count: it would be for each zone, could pass the maximum, and could never be
    // changed in place. The autoscaler brings the pool up.
    autoscaling: { ...bounds, locationPolicy: "BALANCED" },
    management: { autoRepair: true, autoUpgrade: true },
    upgradeSettings: { strategy: "SURGE", maxSurge: 1, maxUnavailable: 0 },
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
  readonly bounds: { readonly totalMinNodeCount: number; readonly totalMaxNodeCount: number };
  readonly nodeConfig: ContainerNodePoolNodeConfig;
}
