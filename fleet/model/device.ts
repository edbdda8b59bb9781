/** Edge computers: their hardware, their sites, and what an operator adds to them. */
import type { LocalFiles } from "./local-files.ts";
import type { Maintenance } from "./maintenance.ts";

/** A machine architecture, in Fedora CoreOS' spelling. */
export type Architecture = "x86_64" | "aarch64";

export const architectures: readonly Architecture[] = ["x86_64", "aarch64"];

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
