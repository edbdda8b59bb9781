/**
 * What the state repository can be made of: the built-in workloads and add-ons, and those of a user's
 * own (flotilla.config.ts). The fleet file sets their values.
 */
import type { AddonDefinition } from "./addons/addon.ts";
import { addons } from "./addons/index.ts";
import { ownAddon, type AddonClass } from "./addons/own-addon.ts";
import { workloads } from "./workloads/index.ts";
import type { WorkloadConstruct } from "./workloads/workload.ts";

export interface Registry {
  /** By the name that a fleet file uses under `workloads`. */
  readonly workloads: ReadonlyMap<string, WorkloadConstruct>;
  /** In the order in which they are listed. */
  readonly addons: readonly AddonDefinition[];
}

export const builtIn: Registry = { workloads, addons };

/** A user's own classes, by their names in the fleet file. */
export interface OwnClasses {
  readonly workloads?: Readonly<Record<string, WorkloadConstruct>>;
  readonly addons?: Readonly<Record<string, AddonClass>>;
}

/** The built-in ones and a user's own, which may replace a built-in workload. */
export function withOwn({ workloads: own = {}, addons: classes = {} }: OwnClasses): Registry {
  if (Object.keys(own).length + Object.keys(classes).length === 0) return builtIn;
  return {
    workloads: new Map([...workloads, ...Object.entries(own)]),
    addons: [...addons, ...Object.entries(classes).map(([name, addon]) => ownAddon(name, addon))],
  };
}

/** Those that are not built in. */
export function ownAddonsOf({ addons: all }: Registry): readonly AddonDefinition[] {
  return all.filter((addon) => !addons.includes(addon));
}
