/**
 * Types of the part of Butane (variant fcos) that Flotilla writes.
 */

export interface ButaneConfig {
  readonly variant: "fcos";
  readonly version: string;
  readonly ignition?: ButaneIgnition;
  readonly boot_device?: ButaneBootDevice;
  readonly passwd?: { readonly users: readonly ButaneUser[] };
  readonly storage?: {
    readonly disks?: readonly ButaneDisk[];
    readonly filesystems?: readonly ButaneFilesystem[];
    readonly directories?: readonly ButaneDirectory[];
    readonly files?: readonly ButaneFile[];
    readonly links?: readonly ButaneLink[];
  };
  readonly systemd?: { readonly units: readonly ButaneUnit[] };
}

/** What Ignition needs for its own downloads, and what it merges. */
export interface ButaneIgnition {
  readonly config?: { readonly merge: readonly InlineContents[] };
  readonly proxy?: ButaneProxy;
  readonly security?: {
    readonly tls: { readonly certificate_authorities: readonly InlineContents[] };
  };
}

export interface ButaneProxy {
  readonly http_proxy?: string;
  readonly https_proxy?: string;
  readonly no_proxy?: readonly string[];
}

export interface ButaneBootDevice {
  /** The architecture of a mirror. */
  readonly layout?: string;
  readonly luks?: { readonly tpm2: true };
  readonly mirror?: { readonly devices: readonly string[] };
}

export interface ButaneDisk {
  readonly device: string;
  readonly wipe_table: boolean;
  readonly partitions: readonly {
    readonly number: number;
    readonly label: string;
    /** 0: as large as possible. */
    readonly size_mib?: number;
    readonly resize?: true;
  }[];
}

export interface ButaneFilesystem {
  readonly device: string;
  readonly format: "xfs" | "ext4";
  /** Where it is mounted while Ignition writes files. */
  readonly path: string;
  readonly wipe_filesystem: boolean;
}

export interface ButaneUser {
  readonly name: string;
  readonly ssh_authorized_keys?: readonly string[];
  readonly password_hash?: string;
  readonly groups?: readonly string[];
}

export interface ButaneDirectory {
  readonly path: string;
  readonly mode: number;
}

export interface ButaneFile {
  readonly path: string;
  readonly mode: number;
  /** Replaces an existing file. EdgeDevice adds it to each file. */
  readonly overwrite?: true;
  readonly contents: InlineContents | RemoteContents;
}

export interface InlineContents {
  readonly inline: string;
}

export interface RemoteContents {
  /** A URL that Ignition fetches at the first boot. */
  readonly source: string;
  readonly verification: {
    /** `sha256-` and 64 hexadecimal digits. */
    readonly hash: string;
  };
}

export interface ButaneLink {
  readonly path: string;
  readonly target: string;
}

export interface ButaneUnit {
  readonly name: string;
  readonly enabled?: boolean;
  /** Absent for a unit that the system already has: only `enabled` is set. */
  readonly contents?: string;
}
