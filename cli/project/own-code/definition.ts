/** What flotilla.config.ts exports: a user's own classes, by the names that the fleet file uses. */
import type { Construct } from "constructs";
import type { z } from "zod";
import type { DevicePartClass, DevicePartProps } from "../../../edge/device-part.ts";
import type { Addon } from "../../../gitops/addons/addon.ts";
import type { AddonClass, OwnAddonProps } from "../../../gitops/addons/own-addon.ts";
import type { WorkloadConstruct, WorkloadProps } from "../../../gitops/workloads/workload.ts";
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

/** A class whose constructor asks for no other props than these and what its schema makes. */
type Takes<Class, Props, Made> = new (
  scope: Construct,
  id: string,
  props: Props & Parsed<Class>,
) => Made;

type Parsed<Class> = Class extends
  | { readonly values: infer Schema extends z.ZodObject }
  | { readonly options: infer Schema extends z.ZodObject }
  ? z.output<Schema>
  : unknown;

/** A definition whose classes ask for no other props than they get. */
export interface FittingDefinition<
  Workloads extends Required<FleetDefinition>["workloads"],
  Addons extends Required<FleetDefinition>["addons"],
  Parts extends Required<FleetDefinition>["deviceParts"],
> extends Pick<FleetDefinition, "infra"> {
  readonly workloads?: Workloads & {
    readonly [Name in keyof Workloads]: Takes<Workloads[Name], WorkloadProps, Construct>;
  };
  readonly addons?: Addons & {
    readonly [Name in keyof Addons]: Takes<Addons[Name], OwnAddonProps, Addon>;
  };
  readonly deviceParts?: Parts & {
    readonly [Name in keyof Parts]: Takes<Parts[Name], DevicePartProps, Construct>;
  };
}

/** Checks the types of a definition, and returns it. */
export function defineFleet<
  Workloads extends Required<FleetDefinition>["workloads"],
  Addons extends Required<FleetDefinition>["addons"],
  Parts extends Required<FleetDefinition>["deviceParts"],
>(definition: FittingDefinition<Workloads, Addons, Parts>): FleetDefinition {
  return definition;
}
