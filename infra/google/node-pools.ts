import {
  ContainerNodePool,
  type ContainerNodePoolNodeConfig,
} from "@cdktf/provider-google/lib/container-node-pool/index.js";
import type { ITerraformDependable, TerraformResourceLifecycle } from "cdktf";
import { Construct } from "constructs";
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
  /** What must exist first: the account's rights. */
  readonly dependsOn: readonly ITerraformDependable[];
  /** A machine type of Compute Engine, `e2-standard-2`. */
  readonly machineType: string;
  /** Limits of the pool `general`, over all zones together. */
  readonly minNodes: number;
  readonly maxNodes: number;
  /** Whether the nodes of `general` are spot machines, which Google can stop at any time. */
  readonly spot: boolean;
}

interface Pool {
  /** In Google Cloud; the construct's id stays. */
  readonly name: string;
  readonly lifecycle?: TerraformResourceLifecycle;
  readonly limits: { readonly totalMinNodeCount: number; readonly totalMaxNodeCount: number };
  readonly nodeConfig: ContainerNodePoolNodeConfig;
}

/**
 * The hub's nodes: `general` for Argo CD and the add-ons; `gateway` for the gateways, with GKE's
 * Ubuntu image, whose kernel has WireGuard.
 */
export class HubNodePools extends Construct {
  constructor(scope: Construct, id: string, props: HubNodePoolsProps) {
    super(scope, id);
    this.#addPool(props, "general", {
      // Google cannot turn a pool into one of spot machines or back: the new one has another name,
      // so that it can be created before the old one is deleted. The other fields that cannot be
      // changed in place (all but sizes, images, labels and taints) must keep their values, too,
      // as long as the name stays.
      name: props.spot ? "general-spot" : "general",
      lifecycle: { createBeforeDestroy: true },
      limits: { totalMinNodeCount: props.minNodes, totalMaxNodeCount: props.maxNodes },
      nodeConfig: {
        machineType: props.machineType,
        imageType: "COS_CONTAINERD",
        diskType: "pd-balanced",
        diskSizeGb: generalDiskGigabytes,
        spot: props.spot,
      },
    });
    this.#addPool(props, "gateway", {
      name: "gateway",
      limits: { totalMinNodeCount: 1, totalMaxNodeCount: gatewayNodesMax },
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

  #addPool(props: HubNodePoolsProps, id: string, pool: Pool): void {
    const { name, lifecycle, limits, nodeConfig } = pool;
    new ContainerNodePool(this, id, {
      name,
      ...(lifecycle !== undefined && { lifecycle }),
      cluster: props.clusterId,
      // No initial count: it would count for each zone, could exceed the maximum, and could never
      // be changed in place. The autoscaler adds the nodes.
      autoscaling: { ...limits, locationPolicy: "BALANCED" },
      management: { autoRepair: true, autoUpgrade: true },
      upgradeSettings: { strategy: "SURGE", maxSurge: surgeNodes, maxUnavailable: 0 },
      nodeConfig: {
        ...nodeConfig,
        serviceAccount: props.serviceAccount,
        resourceLabels: fleetLabels(props.fleetName),
        tags: [props.name],
        // IAM decides what a node may do; scopes would only hide it.
        oauthScopes: ["https://www.googleapis.com/auth/cloud-platform"],
        metadata: { "disable-legacy-endpoints": "true", "block-project-ssh-keys": "true" },
        shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
        workloadMetadataConfig: { mode: "GKE_METADATA" },
        kubeletConfig: { insecureKubeletReadonlyPortEnabled: "FALSE" },
      },
      dependsOn: [...props.dependsOn],
    });
  }
}
