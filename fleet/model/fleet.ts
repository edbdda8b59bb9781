/**
 * The fleet as every synthesis sees it: resolved, checked, immutable, and free of secrets.
 *
 * `fleet.yaml` (what an operator wrote) and `fleet.lock.yaml` (what was allocated or pinned) become
 * one `Fleet` in fleet/resolve/. Private keys are not in here: see fleet/keys/.
 */

import type { AddonOptions } from "./addons.ts";
import type { LocalFiles } from "./local-files.ts";

/** What people open on the hub, and the host of each below the domain. */
export const hostNames = ["argocd", "grafana", "kibana", "prometheus", "alertmanager"] as const;

/** A page of the hub. */
export type HostName = (typeof hostNames)[number];

/** A machine architecture, in Fedora CoreOS' spelling. */
export type Architecture = "x86_64" | "aarch64";

export const architectures: readonly Architecture[] = ["x86_64", "aarch64"];

/** A thing fetched from elsewhere, pinned by content. */
export interface Artifact {
  readonly url: string;
  /** Lower-case hexadecimal SHA-256 of the bytes behind `url`. */
  readonly sha256: string;
}

/** A Helm chart, pinned by version (Argo CD checks no digest of a chart). */
export interface Chart {
  /** URL of the chart repository, without a trailing slash. */
  readonly repository: string;
  readonly version: string;
}

/** The charts that Argo CD installs on the hub, by name: its own and those of the add-ons. */
export interface Charts {
  readonly "argo-cd": Chart;
  readonly [name: string]: Chart;
}

/** The outside versions that a fleet runs on. They live in the lock and change only on purpose. */
export interface Pins {
  readonly k3s: {
    /** A K3s release, `v1.36.4+k3s1`. */
    readonly version: string;
    readonly binary: Readonly<Record<Architecture, Artifact>>;
  };
  readonly coreos: {
    readonly stream: string;
    /** A Fedora CoreOS release, `44.20260621.3.1`. */
    readonly release: string;
    /** The live ISOs. Fedora's detached signature of each is at its URL with `.sig` behind. */
    readonly iso: Readonly<Record<Architecture, Artifact>>;
  };
  readonly charts: Charts;
  /**
   * Container images with their tags: of the gateway (`tunnel`, `proxy`, `metrics`), of Node, and on
   * the devices of Fluent Bit (`agent`) and of the upgrade controller (`upgrades`).
   */
  readonly images: Readonly<
    Record<"tunnel" | "proxy" | "metrics" | "node" | "agent" | "upgrades", string>
  >;
}

/** Machines that need care of their own. */
export type Board = "raspberry-pi-4";

export const boards: readonly Board[] = ["raspberry-pi-4"];

/** A kind of hardware. */
export interface Profile {
  readonly name: string;
  readonly architecture: Architecture;
  /** The block device that the installer writes Fedora CoreOS to, `/dev/nvme0n1`. */
  readonly disk: string;
  /** Appended to the installed system's kernel command line, in order. */
  readonly kernelArguments: readonly string[];
  /** Null for a machine that is like any other of its architecture. */
  readonly board: Board | null;
  /** `tpm2`: the root file system is encrypted, and this machine's TPM alone opens it. */
  readonly encryption: "tpm2" | null;
}

/** Where a site's devices get from what others get from the internet. */
export interface Mirror {
  /**
   * The folder of K3s' releases, without a trailing slash: `<url>/<version>/k3s` and so on, as K3s
   * names them. Null: the internet.
   */
  readonly url: string | null;
  /** SHA-256 of K3s' image archive by architecture, in lower-case hexadecimal; empty: no archive. */
  readonly imagesSha256: Readonly<Partial<Record<Architecture, string>>>;
  /** URL of the container registry to ask first for every image, or null. */
  readonly registry: string | null;
}

/**
 * A Butane document of the operator's own. A place in its text is a place in their file: every line
 * starts at the same column.
 */
export interface Snippet {
  readonly text: string;
  /** The file that it stands in, as mistakes name it. */
  readonly file: string;
  /** Line of the file, from 1, in which the text starts. */
  readonly line: number;
  /** Column, from 1, at which each of its lines starts. */
  readonly column: number;
  /** The folder of `file`, for `local:` and `trees:`. @default none: they are mistakes */
  readonly files?: LocalFiles;
}

/** In week order. */
export const weekDays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** A window of the week: for a site's devices in the site's own time, for the hub in UTC. */
export interface MaintenanceWindow {
  /** Three-letter English day names, `Mon` to `Sun`, in week order. */
  readonly days: readonly string[];
  /** `HH:MM`, 24 hours. */
  readonly start: string;
  /** 1 to 1440. */
  readonly lengthMinutes: number;
}

/** When a site's devices may restart. */
export interface Maintenance extends MaintenanceWindow {
  /** More windows; none overlaps another. @default none */
  readonly also?: readonly MaintenanceWindow[];
  /** Argo CD changes the site's workloads in its windows only. @default at any time */
  readonly workloads?: "window";
}

/** A place where devices stand. */
export interface Site {
  readonly name: string;
  readonly description: string;
  /** An IANA time-zone name. */
  readonly timeZone: string;
  /** The site's own IPv4 network in CIDR form, or null where nobody said. */
  readonly network: string | null;
  readonly maintenance: Maintenance;
  readonly mirror: Mirror | null;
}

/** One edge computer. */
export interface Device {
  /** A DNS label, unique in the fleet: host name, node name, Argo CD cluster name. */
  readonly name: string;
  /** 1, or higher after a replacement: every secret of the device is derived anew. */
  readonly generation: number;
  readonly profile: Profile;
  readonly site: Site;
  readonly ring: string;
  /** The operator's own labels: profile's, then site's, then the device's; the last one wins. */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * How the hub reaches the device's API server: `gateway`, through the WireGuard tunnel, at the
   * tunnel address that the lock allocated; `direct`, at a routable address that the operator gave.
   */
  readonly connectivity: "gateway" | "direct";
  /** IPv4 address of the device's API server as the hub sees it. */
  readonly address: string;
  /** The DNS name by which the hub verifies the device's API server. */
  readonly serverName: string;
  /** The profile's, then the site's, then the device's; where two disagree the later one wins. */
  readonly snippets: readonly Snippet[];
}

/** How much pods may do to their node: the levels of the Kubernetes Pod Security Standards. */
export const podSecurityLevels = ["restricted", "baseline", "privileged"] as const;

export type PodSecurity = (typeof podSecurityLevels)[number];

/** A place in a file of the operator's; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** A kind of Kubernetes object. */
export interface Kind {
  /** API group without its version, empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** What an operator sets of a workload: JSON, as the workload understands it. */
export type Values = Readonly<Record<string, unknown>>;

/** A YAML file of a workload of plain manifests. */
export interface ManifestFile {
  /** As mistakes name it. */
  readonly file: string;
  readonly text: string;
}

/** A Helm chart that Argo CD renders for devices. */
export interface WorkloadChart {
  /** URL of the chart repository, without a trailing slash. */
  readonly repository: string;
  readonly name: string;
  /** What it makes on a device. */
  readonly kinds: readonly Kind[];
}

/** A Kubernetes Secret of a workload, whose content is in Google Secret Manager. */
export interface WorkloadSecret {
  /** Of the Secret on the device; a DNS label. */
  readonly name: string;
  /** The secret `<fleet>-<from>` in Google Secret Manager: a JSON object. */
  readonly from: string;
  /** Fields of the object, each a key of the Secret. @default all of them */
  readonly keys?: readonly string[];
}

/**
 * What runs on devices, rendered once for each ring, and apart for each site with values of its own:
 * a chart, plain manifests, or else a construct in `gitops/workloads/`.
 */
export interface Workload {
  /** A DNS label; also its namespace, and the name of its construct in the registry. */
  readonly name: string;
  /** Devices that carry all of these labels run the workload; empty means every device. */
  readonly selector: Readonly<Record<string, string>>;
  /** The version in each ring, one entry for every ring of the fleet, in ring order. */
  readonly versions: ReadonlyMap<string, string>;
  /** @default none: it is a chart or a construct */
  readonly manifests?: readonly ManifestFile[];
  /** @default none: it is made of manifests, or a construct */
  readonly chart?: WorkloadChart;
  /** As written. @default none */
  readonly values?: Values;
  /** By site: laid over `values`. @default none */
  readonly sites?: ReadonlyMap<string, Values>;
  /** Kubernetes Secrets in its namespace that are not in Git. @default none */
  readonly secrets?: readonly WorkloadSecret[];
  /** Of a namespace that Flotilla writes for manifests or a chart. @default restricted */
  readonly podSecurity?: PodSecurity;
  /** Where the fleet file declares it. @default unknown */
  readonly place?: Place;
}

/** The hub's cluster in Google Cloud. */
export interface Cloud {
  readonly provider: "google";
  readonly project: string;
  readonly region: string;
  /** Where the cluster stands: the region, or one zone of it. */
  readonly location: string;
  /** IPv4 ranges in CIDR form. */
  readonly network: { readonly nodes: string; readonly pods: string; readonly services: string };
  readonly nodePool: {
    /** Null: as the number of devices asks for. */
    readonly machineType: string | null;
    /** Bounds, counted over all zones together. */
    readonly minNodes: number;
    readonly maxNodes: number;
    readonly spot: boolean;
  };
  /** When Google may upgrade the cluster, in UTC. */
  readonly maintenance: MaintenanceWindow;
  /** `kms`: Kubernetes Secrets are encrypted with a key of the project's own. */
  readonly encryption: "kms" | null;
  /** Whether the cluster's objects and volumes are backed up every night. */
  readonly backup: boolean;
  /** An amount a month, in whole units of the billing account's currency, or null. */
  readonly budget: { readonly billingAccount: string; readonly monthlyAmount: number } | null;
  /** Whether Terraform refuses to delete what would lose the hub or its addresses. */
  readonly deletionProtection: boolean;
  /** The bucket that Terraform's state is in; null: files in the project's folder. */
  readonly state: { readonly bucket: string } | null;
}

/** The hub's production runtime: what BKPR gave. */
export interface Platform {
  /** Let's Encrypt and the alerts write to it. */
  readonly email: string;
  readonly login: {
    /** Members of `organization` may see; those of its team `administrators` may change. */
    readonly github: { readonly organization: string; readonly administrators: string | null };
  };
  /** Host of each page, all of them below the domain. */
  readonly hosts: Readonly<Record<HostName, string>>;
  /** The options of its add-ons; see addons.ts. */
  readonly addons: AddonOptions;
}

export interface Fleet {
  /** A DNS label of at most 20 characters: the stem of every cloud resource's name. */
  readonly name: string;
  /** The DNS zone that the hub lives in, `edge.example.com`. */
  readonly domain: string;
  readonly repository: {
    /** What Argo CD clones. */
    readonly url: string;
    readonly branch: string;
    /** What `flotilla publish` pushes to: a Git URL, or a path relative to the fleet file. */
    readonly push: string;
    /**
     * Flotilla makes the repository, on GitHub. Of the key with which Argo CD reads it, the public
     * half in OpenSSH's form. @default somebody else makes it
     */
    readonly github?: { readonly deployKey?: string };
  };
  readonly cloud: Cloud;
  /** Null: the hub has Argo CD, cert-manager and the gateway, and nobody signs in. */
  readonly platform: Platform | null;
  readonly argocd: {
    /** Pods of its controller; null: as the number of devices asks for. */
    readonly shards: number | null;
    /** Values of its chart, laid over Flotilla's own. */
    readonly values: Readonly<Record<string, unknown>>;
  };
  readonly tunnel: {
    /** IPv4 range of the tunnel in CIDR form. */
    readonly range: string;
    /** Public UDP endpoint of the first gateway; see gateways.ts for the others. */
    readonly endpoint: { readonly host: string; readonly port: number };
  };
  /**
   * Which K3s devices upgrade themselves to, one entry for every ring, in ring order. Null: they stay
   * at what their image installed.
   */
  readonly k3s: { readonly versions: ReadonlyMap<string, string> } | null;
  /** From the most daring to the most careful. */
  readonly rings: readonly string[];
  /** Every device, sorted by name. */
  readonly devices: readonly Device[];
  /** Every workload, sorted by name. */
  readonly workloads: readonly Workload[];
  /** OpenSSH public keys that may log in as `core`; empty means that nobody may. */
  readonly sshKeys: readonly string[];
  /** Who has every right in the hub's cluster: `user:` or `group:` and an e-mail address. */
  readonly administrators: readonly string[];
  /** When every certificate authority starts and ends: `YYYY-MM-DD`, at midnight UTC. */
  readonly certificates: { readonly notBefore: string; readonly notAfter: string };
  readonly pins: Pins;
}

/**
 * All that the state repository needs of the root key: the fleet's root certificate, and WireGuard
 * public keys in base64.
 */
export interface PublicKeys {
  /** By which the hub verifies every device's API server; PEM. */
  readonly rootCertificate: string;
  /** By number of the gateway; only those in use. */
  readonly gateways: ReadonlyMap<number, string>;
  /** By device name; only devices that connect through the gateway. */
  readonly devices: ReadonlyMap<string, string>;
}

/** The secrets of one device. They go into its image and nowhere else. */
export interface DeviceSecrets {
  /** WireGuard private key in base64. */
  readonly wireguardPrivateKey: string;
  /** K3s cluster token. */
  readonly k3sToken: string;
  /** Certificates and keys as PEM, by file name under K3s' `server/tls`. */
  readonly authorities: ReadonlyMap<string, string>;
}
