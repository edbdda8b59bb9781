/** What flotilla.config.ts exports: a user's own classes, by the names that the fleet file uses. */
import type { DevicePartClass } from "../../../edge/device-part.ts";
import type { AddonClass } from "../../../gitops/addons/own-addon.ts";
import type { WorkloadConstruct } from "../../../gitops/workloads/workload.ts";
import type { HubStack } from "../../../infra/stacks/hub.ts";

export interface FleetDefinition {
  /**
   * What runs on devices: classes by their names under `workloads`. One of a built-in's name replaces
   * it. @default the built-in ones
   */
  readonly workloads?: Readonly<Record<string, WorkloadConstruct>>;
  /** What Argo CD installs on the hub: classes by their names under `platform.addons`. @default none */
  readonly addons?: Readonly<Record<string, AddonClass>>;
  /** Parts of devices: classes by their names under `parts` of a profile, site or device. @default none */
  readonly deviceParts?: Readonly<Record<string, DevicePartClass>>;
  /** Adds resources to the hub's Terraform. @default none */
  readonly infra?: (hub: HubStack) => void | Promise<void>;
}

/** Gives the editor the types of a definition, and returns it. */
export function defineFleet(definition: FleetDefinition): FleetDefinition {
  return definition;
}
