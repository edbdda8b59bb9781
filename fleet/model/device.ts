/** Edge computers: their hardware, their sites, and the operator's additions. */
import type { LocalFiles } from "./local-files.ts";
import type { InstallDisk } from "./disk.ts";
import type { Machine } from "./machine.ts";
import type { MachineMatch } from "./match.ts";
import type { Maintenance } from "./maintenance.ts";
import type { Values } from "./values.ts";

/** A machine architecture, in Fedora CoreOS' spelling. */
export type Architecture = "x86_64" | "aarch64";

export const architectures: readonly Architecture[] = ["x86_64", "aarch64"];

/** Machines that need special handling. */
export type Board = "raspberry-pi-4";

export const boards: readonly Board[] = ["raspberry-pi-4"];

/** A hardware type. */
export interface Profile {
  readonly name: string;
  readonly architecture: Architecture;
  /** Appended to the installed system's kernel command line, in order. */
  readonly kernelArguments: readonly string[];
  /** Null for a machine without special handling. */
  readonly board: Board | null;
  /** `tpm2`: the root file system is encrypted, and only this machine's TPM can unlock it. */
  readonly encryption: "tpm2" | null;
}

/** Where a site's devices download from instead of the internet. */
export interface Mirror {
  /**
   * URL of a mirror of the K3s releases, without a trailing slash: it has `<url>/<version>/k3s` and
   * so on. Null: the internet.
   */
  readonly url: string | null;
  /**
   * SHA-256 of K3s' image archive by architecture, in lower-case hexadecimal; empty: no archive.
   */
  readonly imagesSha256: Readonly<Partial<Record<Architecture, string>>>;
  /** URL of the container registry that is tried first for every image, or null. */
  readonly registry: string | null;
}

/**
 * The operator's own Butane document. A position in its text maps to a position in the file: every
 * line starts at the same column.
 */
export interface Snippet {
  readonly text: string;
  /** The file that contains it, as mistakes name it. */
  readonly file: string;
  /** Line of the file, from 1, in which the text starts. */
  readonly line: number;
  /** Column, from 1, at which each of its lines starts. */
  readonly column: number;
  /** The folder of `file`, for `local:` and `trees:`. @default none: they are mistakes */
  readonly files?: LocalFiles;
}

/** A location of devices. */
export interface Site {
  readonly name: string;
  readonly description: string;
  /** An IANA time-zone name. */
  readonly timeZone: string;
  /** The site's own network in CIDR form, or null if it is unknown. */
  readonly network: string | null;
  readonly maintenance: Maintenance;
  readonly mirror: Mirror | null;
}

/** One edge computer. */
export interface Device {
  /** A DNS label, unique in the fleet: host name, node name, Argo CD cluster name. */
  readonly name: string;
  /** 1, or higher after a replacement: each generation has its own secrets. */
  readonly generation: number;
  readonly profile: Profile;
  readonly site: Site;
  /** For people: what it is, or where. @default none */
  readonly description?: string;
  /** An IANA time-zone name, for its clock. @default the site's */
  readonly timeZone?: string;
  /** How an image of a whole site recognizes its machine. @default a person chooses it */
  readonly match?: MachineMatch;
  /** @default nothing is declared about its machine */
  readonly machine?: Machine;
  /** The disk that Fedora CoreOS is installed on. */
  readonly disk: InstallDisk;
  readonly ring: string;
  /** The operator's labels: of the profile, then the site, then the device; the last one wins. */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * How the hub reaches the device's API server. `gateway`: through the WireGuard tunnel, at the
   * tunnel address from the lock. `direct`: at a routable address from the fleet file.
   */
  readonly connectivity: "gateway" | "direct";
  /** IP address at which the hub reaches the device's API server. */
  readonly address: string;
  /** The DNS name by which the hub verifies the device's API server. */
  readonly serverName: string;
  /**
   * Merged from the profile, the site and the device; if two set the same value, the later one wins.
   */
  readonly snippets: readonly Snippet[];
  /**
   * A user's own parts by name, with their values as written: those of the profile, the site and the
   * device, merged. @default none
   */
  readonly parts?: ReadonlyMap<string, Values>;
}
