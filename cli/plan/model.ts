/** What the next publish changes, by meaning: the one value that text, JSON and page are made of. */
import type { Changes } from "../publish/commit.ts";

export const verbs = ["added", "changed", "removed"] as const;
export type Verb = (typeof verbs)[number];

export interface Plan {
  readonly fleet: string;
  /** Name of the hub in the world: the fleet's domain. */
  readonly domain: string;
  /** As the user wrote it, credentials masked. */
  readonly repository: string;
  readonly branch: string;
  /** The commit that all of this is compared with; null where there is none yet. */
  readonly tip: string | null;
  readonly summary: Summary;
  readonly devices: readonly DeviceChange[];
  readonly rollouts: readonly RolloutChange[];
  readonly hub: readonly HubChange[];
  /** How the size of the hub follows from the number of devices, a line each; whatever changes. */
  readonly hubSize: readonly string[];
  readonly terraform: readonly TerraformPlan[];
  /** Paths in the state repository. */
  readonly files: Changes;
}

export interface Summary {
  /** Whether a publish would make a commit, or Terraform has something to do. */
  readonly changes: boolean;
  readonly devices: Readonly<Record<Verb | "unchanged", number>>;
  /** How many devices run something new, or something that ran goes. */
  readonly affectedDevices: number;
  readonly images: Readonly<Record<ImageState, number>>;
  readonly rollouts: number;
  readonly hub: number;
  readonly terraform: Readonly<Record<TerraformAction, number>>;
}

/**
 * What becomes of a device's image: `new` for a new device; `reinstall` where the hub reaches the
 * device no more until it is installed again; `changed` where one made now would differ from the one
 * that the device was installed from; `unknown` where an older Flotilla published no fingerprint.
 */
export const imageStates = ["new", "reinstall", "changed", "same", "unknown"] as const;
export type ImageState = (typeof imageStates)[number];

export interface DeviceChange {
  readonly device: string;
  readonly change: Verb;
  readonly site: string;
  readonly ring: string;
  /** Of a changed one, and none of any other. */
  readonly fields: readonly FieldChange[];
  /** Null for one that goes. */
  readonly image: ImageState | null;
  /** What its labels, ring and site select for it, where that is not what they selected. */
  readonly workloads: {
    readonly gained: readonly string[];
    readonly lost: readonly string[];
    /** From now on as in another ring, or at another site. */
    readonly moved: readonly string[];
  };
}

/** A value at a path, `spec.template.spec.containers[podinfo].image`. */
export interface FieldChange {
  readonly path: string;
  /** Absent where there was none. */
  readonly before?: unknown;
  /** Absent where there is none any more. */
  readonly after?: unknown;
  /** The values are secrets, and are not told. */
  readonly secret?: true;
}

export interface ObjectChange {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
  readonly change: Verb;
  /** Of a changed one, and none of any other. */
  readonly fields: readonly FieldChange[];
}

/** A workload in one ring, or at one site of it that has values of its own. */
export interface RolloutChange {
  readonly workload: string;
  readonly ring: string;
  readonly site: string | null;
  readonly change: Verb;
  readonly objects: readonly ObjectChange[];
  /** Names of the devices that feel it, sorted. */
  readonly devices: readonly string[];
}

/** A part of the hub: an add-on, Argo CD, the gateway and so on. */
export interface HubChange {
  readonly name: string;
  readonly change: Verb;
  /** The chart's version, where it changes. */
  readonly chart: FieldChange | null;
  /** Values of the chart. */
  readonly values: readonly FieldChange[];
  readonly objects: readonly ObjectChange[];
  /** Of a gateway: devices that may dial it, by name. */
  readonly peers: Readonly<Record<Verb, readonly string[]>> | null;
}

export const terraformActions = ["replace", "delete", "create", "update", "forget"] as const;
export type TerraformAction = (typeof terraformActions)[number];

/** What a plan of Terraform does; values are not told, since they may be secrets. */
export interface TerraformPlan {
  readonly file: string;
  readonly resources: readonly TerraformChange[];
  /** Names of outputs that change. */
  readonly outputs: readonly string[];
}

export interface TerraformChange {
  readonly address: string;
  readonly action: TerraformAction;
  /** Attributes that make a replacement necessary; of an update, those that change. */
  readonly attributes: readonly string[];
}
