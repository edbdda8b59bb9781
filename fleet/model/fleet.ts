/**
 * The fleet as every synthesis sees it: resolved, checked, immutable, and free of secrets.
 *
 * `fleet.yaml` (what an operator wrote) and `fleet.lock.yaml` (what was allocated or pinned) become
 * one `Fleet` in fleet/resolve/. Private keys are not in here: see fleet/keys/.
 */
import type { Cloud } from "./cloud.ts";
import type { Device } from "./device.ts";
import type { Pins } from "./pins.ts";
import type { Platform } from "./platform.ts";
import type { Workload } from "./workload.ts";

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
