/**
 * The part of Butane (variant fcos) that Flotilla itself writes, as types.
 */

export interface ButaneConfig {
  readonly variant: "fcos";
  readonly version: string;
  readonly passwd?: { readonly users: readonly ButaneUser[] };
  readonly storage?: {
    readonly files?: readonly ButaneFile[];
    readonly links?: readonly ButaneLink[];
  };
  readonly systemd?: { readonly units: readonly ButaneUnit[] };
}

export interface ButaneUser {
  readonly name: string;
  readonly ssh_authorized_keys: readonly string[];
}

export interface ButaneFile {
  readonly path: string;
  readonly mode: number;
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
  readonly contents: string;
}
