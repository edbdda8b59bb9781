/** Where a device's K3s gets images from. */
import type { TrustedFile } from "./proxy.ts";
import type { SecretReference } from "./secret-reference.ts";

export interface Registries {
  /** Sorted by name. */
  readonly mirrors: readonly RegistryMirrors[];
  /** Sorted by name. */
  readonly hosts: readonly RegistryHost[];
}

/** The mirrors of one registry. */
export interface RegistryMirrors {
  /** `docker.io`; `*` for all that have no mirrors of their own. */
  readonly registry: string;
  /** URLs, in the order in which they are tried. */
  readonly endpoints: readonly string[];
  /** What replaces a regular expression in the name of a repository. */
  readonly rewrite: Readonly<Record<string, string>>;
}

/** How containerd talks to a registry or a mirror. */
export interface RegistryHost {
  /** A host with or without a port. */
  readonly host: string;
  /** Null: without a login. */
  readonly login: { readonly username: string; readonly password: SecretReference } | null;
  /** Null: one that the device trusts. */
  readonly authority: TrustedFile | null;
  /** Null: without a client certificate. Both are PEM. */
  readonly client: { readonly certificate: SecretReference; readonly key: SecretReference } | null;
  /** Accept any certificate. */
  readonly insecure: boolean;
}
