/**
 * The fleet, as every synthesis gets it: resolved, valid, immutable, and without secrets.
 *
 * fleet/resolve/ makes it from `fleet.yaml` (written by an operator) and `fleet.lock.yaml`
 * (allocated and pinned values). Private keys are not part of it: see fleet/keys/.
 */
import type { Cloud } from "./cloud.ts";
import type { Device } from "./device.ts";
import type { Pins } from "./pins.ts";
import type { Platform } from "./platform.ts";
import type { Workload } from "./workload.ts";

export interface Fleet {
  /** A DNS label of at most 20 characters: the first part of every cloud resource's name. */
  readonly name: string;
  /** The environment of the project that this is. @default the project has one fleet */
  readonly environment?: string;
  /** The DNS zone of the hub, `edge.example.com`. */
  readonly domain: string;
  readonly repository: {
    /** URL from which Argo CD clones it. */
    readonly url: string;
    readonly branch: string;
    /** Where `flotilla publish` pushes: a Git URL, or a path relative to the fleet file. */
    readonly push: string;
    /**
     * Flotilla creates the repository on GitHub. The deploy key is the public half of the key with
     * which Argo CD reads it, in OpenSSH's format. @default Flotilla does not create it
     */
    readonly github?: { readonly deployKey?: string };
    /** Commits are signed with one of these keys, and Argo CD refuses others. @default not signed */
    readonly signing?: { readonly keys: readonly SigningKey[] };
  };
  readonly cloud: Cloud;
  /** Null: the hub has Argo CD, cert-manager and the gateway only, and no sign-on. */
  readonly platform: Platform | null;
  readonly argocd: {
    /** Pods of its controller; null: chosen by the number of devices. */
    readonly shards: number | null;
    /** Values of its chart, merged over Flotilla's own. */
    readonly values: Readonly<Record<string, unknown>>;
  };
  readonly hub: {
    /** From 1. After a break-in a higher one makes everything invalid that was on the hub. */
    readonly generation: number;
    /** The name with which sites choose it. @default there is one hub */
    readonly name?: string | undefined;
  };
  readonly tunnel: {
    /** IPv4 range of the tunnel in CIDR form. */
    readonly range: string;
    /** Public UDP endpoint of the first gateway; for the others see fleet/rules/gateways.ts. */
    readonly endpoint: { readonly host: string; readonly port: number };
  };
  /**
   * The K3s release that devices upgrade to, one entry for every ring, in ring order. Null: each
   * device keeps the release of its image.
   */
  readonly k3s: { readonly versions: ReadonlyMap<string, string> } | null;
  readonly coreos: {
    /** An older Fedora CoreOS means that a device does not update itself. */
    readonly outdatedAfterDays: number;
  };
  /** In the order of a rollout: the first ring gets a change first. */
  readonly rings: readonly string[];
  /** Every device, sorted by name. */
  readonly devices: readonly Device[];
  /** Every workload, sorted by name. */
  readonly workloads: readonly Workload[];
  /** OpenSSH public keys that may log in as `core`; empty: nobody may log in. */
  readonly sshKeys: readonly string[];
  /** Cluster administrators of the hub: `user:` or `group:` and an e-mail address. */
  readonly administrators: readonly string[];
  /** Validity of every certificate authority: `YYYY-MM-DD`, at midnight UTC. */
  readonly certificates: { readonly notBefore: string; readonly notAfter: string };
  readonly pins: Pins;
}

/** What a fleet says beside its devices and workloads: an image depends on this and on its device. */
export type FleetFacts = Omit<Fleet, "devices" | "workloads">;

export function fleetFacts({
  devices: _devices,
  workloads: _workloads,
  ...facts
}: Fleet): FleetFacts {
  return facts;
}

/** The public half of an OpenPGP key that signs commits of the state repository. */
export interface SigningKey {
  /** The fingerprint of the primary key: 40 hexadecimal digits in upper case. */
  readonly fingerprint: string;
  /** Fingerprints of the primary key and the subkeys, as far as they can sign. */
  readonly signing: readonly string[];
  /** The key in text form (`gpg --export --armor`). */
  readonly text: string;
}
