/** What the next publish changes, as one value. Text, JSON and HTML page are made from it. */
import type { StaleMedium } from "../project/site-record.ts";
import type { Changes } from "../publish/commit-message.ts";

export const verbs = ["added", "changed", "removed"] as const;
export type Verb = (typeof verbs)[number];

export interface Plan {
  readonly fleet: string;
  /** The domain of the hub. */
  readonly domain: string;
  /** As in the fleet file, with credentials masked. */
  readonly repository: string;
  readonly branch: string;
  /** The commit that the new state is compared with; null if there is none yet. */
  readonly tip: string | null;
  readonly summary: Summary;
  readonly devices: readonly DeviceChange[];
  readonly rollouts: readonly RolloutChange[];
  /** Devices whose K3s restarts for another release. */
  readonly restarts: readonly K3sRestart[];
  readonly hub: readonly HubChange[];
  /** Absent if the hub keeps the generation of its keys. */
  readonly hubKeys?: HubKeysChange;
  /** What happens to each device: every one of the fleet, and every removed one, is in one list. */
  readonly outcomes: Readonly<Record<Outcome, readonly string[]>>;
  /** How the size of the hub is calculated, as lines of text. It is there even if nothing changes. */
  readonly hubSize: readonly string[];
  readonly terraform: readonly TerraformPlan[];
  /** Paths in the state repository. */
  readonly files: Changes;
  /** Media of sites on this machine that are older than the fleet file; absent if there are none. */
  readonly staleMedia?: readonly StaleMedium[];
}

export interface Summary {
  /** Whether a publish makes a commit, or Terraform has changes. */
  readonly changes: boolean;
  /** The lengths of the lists in `outcomes`. */
  readonly devices: Readonly<Record<Outcome, number>>;
  /** Number of devices on which workloads change, whatever else happens to them. */
  readonly affectedDevices: number;
  /** Number of devices whose K3s restarts, whatever else happens to them. */
  readonly restartingDevices: number;
  readonly images: Readonly<Record<ImageState, number>>;
  readonly rollouts: number;
  readonly hub: number;
  readonly terraform: Readonly<Record<TerraformAction, number>>;
}

/**
 * What happens to a device's image: `new` for a new device; `reinstall` if the hub can't reach the
 * device until it is reinstalled; `changed` if an image made now differs from the one that the device
 * was installed from; `unknown` if an older Flotilla published no fingerprint, or the publishing key is
 * missing.
 */
export const imageStates = ["new", "reinstall", "changed", "same", "unknown"] as const;
export type ImageState = (typeof imageStates)[number];

export interface DeviceChange {
  readonly device: string;
  readonly change: Verb;
  readonly site: string;
  readonly ring: string;
  /** Empty unless it is changed. */
  readonly fields: readonly FieldChange[];
  /** Null for a removed device. */
  readonly image: ImageState | null;
  /** Workloads that its labels, ring and site select or no longer select. */
  readonly workloads: {
    readonly gained: readonly string[];
    readonly lost: readonly string[];
    /** Workloads that it gets as in another ring or at another site. */
    readonly moved: readonly string[];
  };
}

/** In the order of importance: if several apply, the first counts. */
export const outcomes = [
  "removed",
  "added",
  "reinstall",
  "changed",
  "restart",
  "workload",
  "unchanged",
] as const;
export type Outcome = (typeof outcomes)[number];

/** Devices that K3s is upgraded on, inside the maintenance windows of their sites. */
export interface K3sRestart {
  readonly before: string;
  readonly after: string;
  /** Names, sorted. */
  readonly devices: readonly string[];
}

/** A value at a path, `spec.template.spec.containers[podinfo].image`. */
export interface FieldChange {
  readonly path: string;
  /** Absent if there was none. */
  readonly before?: unknown;
  /** Absent if there is none now. */
  readonly after?: unknown;
  /** The values are secrets and are not shown. */
  readonly secret?: true;
}

export interface ObjectChange {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
  readonly change: Verb;
  /** Empty unless it is changed. */
  readonly fields: readonly FieldChange[];
  /** It is removed from Git and stays on the devices: Argo CD watches its kind no longer. */
  readonly stays?: true;
  /** Paths of changed fields that Kubernetes refuses to change, so that the synchronization fails. Absent if there are none. */
  readonly refused?: readonly string[];
}

/** A workload in one ring, or at one site of a ring that has its own values. */
export interface RolloutChange {
  readonly workload: string;
  readonly ring: string;
  readonly site: string | null;
  readonly change: Verb;
  readonly objects: readonly ObjectChange[];
  /** Names of the affected devices, sorted. */
  readonly devices: readonly string[];
  /** Names of the devices that the workload leaves, sorted: what it deployed stays on them. */
  readonly left: readonly string[];
}

/** A part of the hub: an add-on, Argo CD, the gateway and so on. */
export interface HubChange {
  readonly name: string;
  readonly change: Verb;
  /** The version of the chart, if it changes. */
  readonly chart: FieldChange | null;
  /** Values of the chart. */
  readonly values: readonly FieldChange[];
  readonly objects: readonly ObjectChange[];
  /** For a gateway: names of the devices that may connect to it. */
  readonly peers: Readonly<Record<Verb, readonly string[]>> | null;
}

/** Another generation of the hub's keys. */
export interface HubKeysChange {
  readonly before: number;
  readonly after: number;
  /** Names of the devices that drop the older keys by themselves, sorted. */
  readonly following: readonly string[];
  /** Names of the devices without a tunnel, which do when Argo CD has reached them, sorted. */
  readonly direct: readonly string[];
  /** Names of the devices that no image of theirs lets follow, sorted. */
  readonly cutOff: readonly string[];
}

export const terraformActions = ["replace", "delete", "create", "update", "forget"] as const;
export type TerraformAction = (typeof terraformActions)[number];

/** The changes of a Terraform plan, without values, which may be secrets. */
export interface TerraformPlan {
  readonly file: string;
  readonly resources: readonly TerraformChange[];
  /** Names of outputs that change. */
  readonly outputs: readonly string[];
}

export interface TerraformChange {
  readonly address: string;
  readonly action: TerraformAction;
  /** For a replacement the attributes that require it, for an update those that change. */
  readonly attributes: readonly string[];
}
