import {
  ContainerCluster,
  type ContainerClusterConfig,
} from "@cdktf/provider-google/lib/container-cluster/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { MaintenanceWindow } from "../../fleet/model/maintenance.ts";
import { fleetLabels, protection } from "./labels.ts";
import { recurringWindow } from "./maintenance.ts";
import type { HubNetwork } from "./network.ts";

export interface HubClusterProps {
  readonly fleetName: string;
  readonly name: string;
  readonly project: string;
  /** A region, for a control plane in each of its zones, or one zone. */
  readonly location: string;
  readonly network: HubNetwork;
  /** E-mail address of the nodes' service account. */
  readonly serviceAccount: string;
  /** When Google may upgrade it, in UTC. */
  readonly maintenance: MaintenanceWindow;
  /** Whether it can be backed up. */
  readonly backup: boolean;
  /** Whether Terraform and its provider refuse to delete it. */
  readonly deletionProtection: boolean;
  /**
   * The key of Cloud KMS that encrypts Secrets.
   * @default Google's own key, which encrypts all disks
   */
  readonly secretsKeyId?: string;
  /**
   * What must exist first: the enabled APIs, rights.
   * @default none
   */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * The hub's GKE cluster, without nodes. Its API server has no address, public or private: clients
 * use a DNS name of Google's, where IAM decides who may connect.
 */
export class HubCluster extends Construct {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  /** DNS name of the API server. */
  readonly endpoint: string;
  /** For resources that must wait for the cluster. */
  readonly resource: ITerraformDependable;

  constructor(scope: Construct, id: string, props: HubClusterProps) {
    super(scope, id);
    const cluster = new ContainerCluster(this, "gke", {
      name: props.name,
      // Google cannot change a description in place: a new text would replace the cluster.
      description: `Hub of the edge fleet ${props.fleetName}: Argo CD. Managed by Flotilla`,
      location: props.location,
      resourceLabels: fleetLabels(props.fleetName),
      ...networking(props.network),
      ...access(props.project),
      ...upkeep(props),
      ...observation,
      ...firstPool(props.serviceAccount),
      databaseEncryption:
        props.secretsKeyId === undefined
          ? { state: "DECRYPTED" }
          : { state: "ENCRYPTED", keyName: props.secretsKeyId },
      deletionProtection: props.deletionProtection,
      lifecycle: {
        ...protection(props.deletionProtection).lifecycle,
        // Settings of the first pool, which is deleted.
        ignoreChanges: ["node_config"],
      },
      dependsOn: [...(props.dependsOn ?? [])],
    });
    this.id = cluster.id;
    this.name = cluster.name;
    this.location = cluster.location;
    this.endpoint = cluster.controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint;
    this.resource = cluster;
  }
}

type Part = Partial<ContainerClusterConfig>;

function networking(network: HubNetwork): Part {
  return {
    network: network.networkId,
    subnetwork: network.subnetId,
    networkingMode: "VPC_NATIVE",
    ipAllocationPolicy: {
      clusterSecondaryRangeName: network.podsRangeName,
      servicesSecondaryRangeName: network.servicesRangeName,
    },
    // Dataplane V2 enforces network policies without another add-on.
    datapathProvider: "ADVANCED_DATAPATH",
    enableIntranodeVisibility: true,
    privateClusterConfig: { enablePrivateNodes: true },
  };
}

function access(project: string): Part {
  return {
    controlPlaneEndpointsConfig: {
      dnsEndpointConfig: { allowExternalTraffic: true },
      ipEndpointsConfig: { enabled: false },
    },
    masterAuth: { clientCertificateConfig: { issueClientCertificate: false } },
    enableLegacyAbac: false,
    enableShieldedNodes: true,
    workloadIdentityConfig: { workloadPool: `${project}.svc.id.goog` },
  };
}

function upkeep(props: HubClusterProps): Part {
  return {
    releaseChannel: { channel: "REGULAR" },
    maintenancePolicy: { recurringWindow: recurringWindow(props.maintenance) },
    addonsConfig: { gkeBackupAgentConfig: { enabled: props.backup } },
  };
}

/** What GKE needs for support, and nothing that is billed by volume. */
const observation: Part = {
  loggingConfig: { enableComponents: ["SYSTEM_COMPONENTS"] },
  monitoringConfig: {
    enableComponents: ["SYSTEM_COMPONENTS"],
    managedPrometheus: { enabled: false },
  },
  securityPostureConfig: { mode: "BASIC", vulnerabilityMode: "VULNERABILITY_DISABLED" },
};

/**
 * A cluster cannot be created without a pool. This one is removed at once, because its settings
 * could only be changed together with the cluster.
 */
function firstPool(serviceAccount: string): Part {
  return {
    removeDefaultNodePool: true,
    initialNodeCount: 1,
    nodeConfig: {
      serviceAccount,
      oauthScopes: ["https://www.googleapis.com/auth/cloud-platform"],
      diskSizeGb: 30,
      metadata: { "disable-legacy-endpoints": "true" },
      shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
      workloadMetadataConfig: { mode: "GKE_METADATA" },
    },
  };
}
