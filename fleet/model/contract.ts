/**
 * What two top folders must agree on: names, ports, labels and limits that one of infra/, gitops/, edge/ and
 * cli/ writes and another one reads. A value that only one folder uses stays there.
 *
 * Running fleets hold these values too: a changed one needs a migration.
 */
import { hostOfUrl } from "./ip.ts";

// Google Cloud

/** The name of the hub's cluster and DNS zone, and the first part of other names in the cloud. */
export function hubName(fleet: string): string {
  return `${fleet}-hub`;
}

/** The regional address that all gateways of a fleet share, by their ports. */
export function gatewayAddressName(fleet: string): string {
  return `${fleet}-gateway`;
}

/** The regional address of the hub's pages. */
export function ingressAddressName(fleet: string): string {
  return `${fleet}-ingress`;
}

/**
 * The purpose of an add-on's account in the cloud: the last part of the account's name. It has at
 * most five letters, see accountName.
 */
export type AccountUse = "dns" | "certs" | "creds";

/** Google allows at most 30 characters, and a fleet's name has at most 20. */
export function accountName(hub: string, use: AccountUse): string {
  return `${hub}-${use}`;
}

export function accountEmail(fleet: string, project: string, use: AccountUse): string {
  return `${accountName(hubName(fleet), use)}@${project}.iam.gserviceaccount.com`;
}

/** The Kubernetes service accounts that may act as the accounts in the cloud. */
export const podAccounts = {
  dns: { namespace: "external-dns", name: "external-dns" },
  certs: { namespace: "cert-manager", name: "cert-manager" },
  creds: { namespace: "external-secrets", name: "external-secrets" },
} as const satisfies Readonly<Record<AccountUse, { namespace: string; name: string }>>;

/** A secret of the fleet in Google Secret Manager. */
export function cloudSecretName(fleet: string, name: string): string {
  return `${fleet}-${name}`;
}

/** The most nodes that gateways get: four gateways fit one, 2,048 devices each. */
export const gatewayNodesMax = 3;

/** Each pool may have one more node while it is upgraded. */
export const surgeNodes = 1;

/** A gateway with 2,000 peers requests 184 MiB; 2.9 GiB of this machine's 4 are for pods. */
export const gatewayMachine = { type: "e2-medium", processors: 2 } as const;

/** The boot disks of the hub's nodes. */
export const generalDiskGigabytes = 50;
export const gatewayDiskGigabytes = 30;

/** Label and taint of the nodes that gateways run on, and nothing else. */
export const gatewayNodeLabel = "flotilla.dev/gateway";

// Terraform

/** The stacks, by what they make. */
export const stackNames = {
  /** The state repository, before anything reads from it. */
  repository: "github",
  /** The network and the cluster. */
  hub: "hub",
  /** Argo CD, in the cluster. */
  argoCd: "argocd",
} as const;

/** The output of the stack `hub` with the name servers, for the delegation in the parent domain. */
export const nameServersOutput = "name_servers";

/** Terraform's variable with the path of the kubeconfig, where the hub is an existing cluster. */
export const kubeconfigVariable = "kubeconfig";

// Namespaces, objects and services of the hub

/** The namespace of Argo CD on the hub (its own objects work in no other one), and its release. */
export const argoNamespace = "argocd";
export const argoRelease = "argocd";

/** The StatefulSet of Argo CD's controller, and its pods: their numbers are those of the shards. */
export const argoController = "argocd-application-controller";

export function argoControllerPod(shard: number): string {
  return `${argoController}-${shard}`;
}

/** The ConfigMap of Argo CD's release with the script that shows the hub's certificate to devices. */
export const credentialConfigMap = "fleet-credential";

/** The ConfigMap in which `flotilla bootstrap` records the fleet of a hub. */
export const hubOwnerConfigMap = "flotilla-fleet";

/** The Application from which everything else follows. */
export const rootApplication = "root";

/** On devices: the namespace of the controller that upgrades K3s, and its name as a workload. */
export const upgradeName = "system-upgrade";

/** The namespace of every gateway. */
export const gatewayNamespace = "flotilla-gateway";

/** The Secret with the gateways' WireGuard private keys in base64, one key for each name. */
export function gatewaySecret(hubGeneration: number): string {
  return `gateway-keys${generationSuffix(hubGeneration)}`;
}

/** The Secret with the authority of the hub's client certificates: `tls.crt` and `tls.key`. */
export function hubAuthoritySecret(hubGeneration: number): string {
  return `hub-client-ca${generationSuffix(hubGeneration)}`;
}

/**
 * With a name of its own, a generation's Secret can be placed before or after what uses it: nothing
 * ever runs with the keys of one generation under the name of another.
 */
function generationSuffix(hubGeneration: number): string {
  return hubGeneration === 1 ? "" : `-g${hubGeneration}`;
}

/** Kubernetes' own namespace, and that of K3s' parts on a device. */
export const systemNamespace = "kube-system";

/** The ConfigMap in `systemNamespace` of each device that says which device it is. */
export const deviceFactsName = "flotilla-device";

/** The ConfigMap in `systemNamespace` of a device without a tunnel with the statement of its hub. */
export const hubStatementName = "flotilla-hub";

/** The user that the hub is to every device's API server: the CN of its client certificate. */
export const hubUser = "flotilla-hub";

// Ports

/** TCP port of a device's API server. Argo CD's projects distinguish devices from the hub by it. */
export const devicePort = 6443;

/** URL of a device's API server. */
export function deviceServer(address: string): string {
  return `https://${hostOfUrl(address)}:${devicePort}`;
}

/** The address in such a URL; any other text is returned unchanged. */
export function deviceAddress(server: string): string {
  const [, host] = devicePattern.exec(server) ?? [];
  return host?.replace(/^\[(.*)\]$/, "$1") ?? server;
}

const devicePattern = new RegExp(`^https://(.*):${devicePort}$`);

/** UDP port of the tunnel in a gateway's pod, and by default of the first gateway's endpoint. */
export const tunnelPort = 51820;

/** Port of the HTTP CONNECT proxy, on a gateway's Service. */
export const proxyPort = 3128;

/** Port of the metrics, on the same Service. */
export const gatewayMetricsPort = 9586;

/** TCP port of the collector at a gateway's address in the tunnel: the one that devices reach. */
export const telemetryPort = 8429;

// The tunnel

/** The interface's name on every device. */
export const tunnelInterface = "wg-hub";

/**
 * A device is present while its last handshake is at most this old. A live tunnel shakes hands
 * every two minutes (WireGuard's REKEY_AFTER_TIME is 120 s) and ends after three
 * (REJECT_AFTER_TIME).
 */
export const presentSecondsMax = 180;

/** Metrics that `flotilla status` reads, and alerts and dashboards too. */
export const metricNames = {
  /** Written by the gateway's script: UNIX time, 0 for never. */
  handshake: "wireguard_latest_handshake_seconds",
  /** Argo CD's: labels `name`, `server`, `k8s_version`. */
  clusterInfo: "argocd_cluster_info",
  /** Argo CD's: 1 or 0, with the label `server`. */
  clusterConnected: "argocd_cluster_connection_status",
  /** The collector's, of `node_os_info`: the day of the device's Fedora CoreOS, UNIX time. */
  coreosRelease: "fleet_coreos_release_timestamp_seconds",
} as const;

/** The file with a user's code, beside the fleet file or above it. */
export const ownCodeFile = "flotilla.config.ts";

/** The folder beside fleet.yaml with a file for each environment, which is merged over it. */
export const environmentsFolder = "environments";

/** Chooses the environment if `--environment` is omitted. */
export const environmentVariable = "FLOTILLA_ENVIRONMENT";

// Labels and annotations

export const deviceLabel = "flotilla.dev/device";
export const siteLabel = "flotilla.dev/site";
export const ringLabel = "flotilla.dev/ring";
export const workloadLabel = "flotilla.dev/workload";
export const profileLabel = "flotilla.dev/profile";
export const architectureLabel = "flotilla.dev/architecture";
/** The name of the site's calendar, if K3s is upgraded. */
export const calendarLabel = "flotilla.dev/calendar";
/** Argo CD's project of the site's workloads, if it is not `fleet`. */
export const projectLabel = "flotilla.dev/project";

/** `direct` for a device without a tunnel, if the hub has a later generation of keys than the first. */
export const connectivityLabel = "flotilla.dev/connectivity";

/** Annotation of a registration: the fingerprint of the device's image. */
export const imageAnnotation = "flotilla.dev/image";

/** Annotation of a registration: Argo CD skips the device while it is "true". */
export const skipAnnotation = "argocd.argoproj.io/skip-reconcile";

/** The annotation as a JSON pointer (RFC 6901) into the registration. */
export const skipAnnotationPointer = `/metadata/annotations/${skipAnnotation.replaceAll("/", "~1")}`;

/**
 * The Lease that the program `reconnect` renews while it works: in `argoNamespace`. While it is older than
 * `reconnectLeaseSeconds`, a fallback does what must not wait, and an alert says so.
 */
export const reconnectLease = "flotilla-reconnect";
export const reconnectLeaseSeconds = 240;

/** The label by which Argo CD finds its Secrets: `cluster` for registrations, `repository`. */
export const secretTypeLabel = "argocd.argoproj.io/secret-type";

/** The label of everything that Flotilla creates, on the hub and on devices. */
export const managedByFlotilla = { "app.kubernetes.io/managed-by": "flotilla" } as const;

/** Label of a namespace: its level of the Pod Security Standards. */
export const podSecurityLabel = "pod-security.kubernetes.io/enforce";
