import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { hubName } from "../../fleet/model/contract.ts";
import type { MaintenanceWindow } from "../../fleet/model/maintenance.ts";
import type { CloudHub } from "../cloud.ts";
import { HubAddresses } from "./addresses.ts";
import { HubBackup } from "./backup.ts";
import { HubBudget } from "./budget.ts";
import { HubCluster } from "./cluster.ts";
import { HubDns } from "./dns.ts";
import { HubEncryption } from "./encryption.ts";
import { HubIdentities } from "./identities.ts";
import { HubNetwork } from "./network.ts";
import { HubNodeAccount } from "./node-account.ts";
import { HubNodePools } from "./node-pools.ts";
import { addGoogleProvider } from "./provider.ts";
import { HubSecretAccess } from "./secret-access.ts";
import { HubServices } from "./services.ts";

/** IPv4 ranges are in CIDR form. */
export interface GoogleHubProps {
  readonly fleetName: string;
  readonly project: string;
  readonly region: string;
  /** The region, for a control plane in each of its zones, or one zone. */
  readonly location: string;
  /** Domain of the fleet's DNS zone, without a final dot: `edge.example.com`. */
  readonly domain: string;
  /** Host name or IPv4 address that devices dial. */
  readonly gatewayHost: string;
  readonly nodesRange: string;
  readonly podsRange: string;
  readonly servicesRange: string;
  /** Machine type of the general node pool: `e2-standard-2`. */
  readonly machineType: string;
  /** Limits of the general node pool, over all zones together. */
  readonly minNodes: number;
  readonly maxNodes: number;
  /**
   * Whether the nodes of the general pool are spot machines.
   * @default false
   */
  readonly spot?: boolean;
  /** When Google may upgrade the cluster, in UTC. */
  readonly maintenance: MaintenanceWindow;
  /**
   * Whether a key of Cloud KMS encrypts the cluster's Secrets.
   * @default false
   */
  readonly encryption?: boolean;
  /**
   * Whether the cluster is backed up every night.
   * @default false
   */
  readonly backup?: boolean;
  /**
   * The account to notify when the project's bill comes near an amount.
   * @default no budget
   */
  readonly budget?: { readonly billingAccount: string; readonly monthlyAmount: number };
  /**
   * Whether External Secrets on the hub may read the fleet's secrets in Secret Manager.
   * @default false
   */
  readonly externalSecrets?: boolean;
  /**
   * Whether Terraform refuses to delete what the fleet cannot do without.
   * @default true
   */
  readonly deletionProtection?: boolean;
}

type Shared = Readonly<
  Record<"fleetName" | "name" | "project" | "region", string> & {
    deletionProtection: boolean;
    dependsOn: readonly ITerraformDependable[];
  }
>;

/**
 * The hub in Google Cloud. Adds the provider `google` to the stack.
 *
 * Construct ids are a contract with running fleets: Terraform's addresses are made from them, and
 * Terraform destroys and recreates a resource whose address changes.
 */
export class GoogleHub extends Construct implements CloudHub {
  readonly clusterName: string;
  readonly clusterEndpoint: string;
  readonly location: string;
  readonly networkName: string;
  readonly credentialsCommand: string;
  readonly gatewayAddress: string;
  readonly ingressAddress: string;
  readonly nameServers: readonly string[];
  readonly externalDnsAccount: string;
  readonly certManagerAccount: string;
  readonly #services: HubServices;
  #project: DataGoogleProject | undefined;

  constructor(scope: Construct, id: string, props: GoogleHubProps) {
    super(scope, id);
    const { fleetName, project, region, deletionProtection = true } = props;
    addGoogleProvider(this, {
      project,
      region,
      // The billing API charges its quota to this project; a personal login has no quota.
      ...(props.budget && { billingProject: project, userProjectOverride: true }),
    });
    this.#services = new HubServices(this, "services", { further: furtherServices(props) });
    const dependsOn = this.#services.all;
    const name = hubName(fleetName);
    const shared = { fleetName, name, project, region, deletionProtection, dependsOn };

    const network = new HubNetwork(this, "network", { ...props, ...shared });
    const addresses = new HubAddresses(this, "addresses", shared);
    const dns = new HubDns(this, "dns", {
      ...shared,
      domain: props.domain,
      gatewayHost: props.gatewayHost,
      gatewayAddress: addresses.gateway,
    });
    const cluster = this.#addCluster(props, shared, network);
    const identities = new HubIdentities(this, "identities", {
      ...shared,
      zoneName: dns.zoneName,
      cluster: cluster.resource,
    });
    if (props.externalSecrets) {
      const projectNumber = this.#projectNumber(project);
      const access = { ...shared, cluster: cluster.resource, projectNumber };
      new HubSecretAccess(this, "secrets", access);
    }

    this.clusterName = cluster.name;
    this.clusterEndpoint = cluster.endpoint;
    this.location = cluster.location;
    this.networkName = network.name;
    this.credentialsCommand =
      `gcloud container clusters get-credentials ${cluster.name}` +
      ` --location ${cluster.location} --project ${project} --dns-endpoint`;
    this.gatewayAddress = addresses.gateway;
    this.ingressAddress = addresses.ingress;
    this.nameServers = dns.nameServers;
    this.externalDnsAccount = identities.externalDns;
    this.certManagerAccount = identities.certManager;
  }

  /** The cluster with its nodes, its key, its backup and its budget. */
  #addCluster(props: GoogleHubProps, shared: Shared, network: HubNetwork): HubCluster {
    const { project, backup = false, budget } = props;
    const numbered = () => ({ ...shared, projectNumber: this.#projectNumber(project) });
    const encryption = props.encryption
      ? new HubEncryption(this, "encryption", numbered())
      : undefined;
    const account = new HubNodeAccount(this, "nodes", shared);
    const cluster = new HubCluster(this, "cluster", {
      ...shared,
      location: props.location,
      network,
      serviceAccount: account.email,
      maintenance: props.maintenance,
      backup,
      ...(encryption && { secretsKeyId: encryption.keyId }),
      dependsOn: [...shared.dependsOn, account.grant, ...(encryption ? [encryption.grant] : [])],
    });
    // Running fleets have the pools directly below the cluster; the id "Default" adds nothing to
    // Terraform's addresses.
    new HubNodePools(cluster, "Default", {
      ...shared,
      clusterId: cluster.id,
      serviceAccount: account.email,
      dependsOn: [account.grant],
      machineType: props.machineType,
      minNodes: props.minNodes,
      maxNodes: props.maxNodes,
      spot: props.spot ?? false,
    });
    if (backup) new HubBackup(this, "backup", { ...shared, clusterId: cluster.id });
    if (budget) new HubBudget(this, "budget", { ...numbered(), ...budget });
    return cluster;
  }

  /**
   * The number of the project, by which Google's own service accounts and the billing know it. Only
   * a hub that needs it has the data source: it is another request to Google in every plan.
   */
  #projectNumber(project: string): string {
    this.#project ??= new DataGoogleProject(this, "project", {
      projectId: project,
      // The one API that answers it. With all of them, an API that is enabled later would defer the
      // request to the apply, and a right that contains the number would be replaced.
      dependsOn: [this.#services.first],
    });
    return this.#project.number;
  }
}

function furtherServices({ backup, encryption, budget, externalSecrets }: GoogleHubProps) {
  return [
    ...(backup ? ["gkebackup"] : []),
    ...(encryption ? ["cloudkms"] : []),
    ...(budget ? ["billingbudgets"] : []),
    ...(externalSecrets ? ["secretmanager"] : []),
  ];
}
