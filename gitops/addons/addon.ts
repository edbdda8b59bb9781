/**
 * What an add-on of the hub is. Each is one file in this folder and one line in the registry
 * (index.ts): its schema, its chart with values, and the objects that its chart has no word for.
 */
import type { Construct } from "constructs";
import { z } from "zod";
import { addonOptions, hasAddon } from "../../fleet/model/addons.ts";
import type { AddonChart, AddonDeclaration } from "../../fleet/model/addons.ts";
import type { Chart, Fleet } from "../../fleet/model/fleet.ts";
import { kindsOf } from "../kubernetes/kinds.ts";
import type { Kind } from "../kubernetes/kinds.ts";
import { manifests } from "../kubernetes/manifests.ts";
import type { Manifest } from "../kubernetes/manifests.ts";
import { mergeValues } from "../../fleet/model/values.ts";
import type { NamespaceProps } from "../kubernetes/namespace.ts";
import type { NetworkProps } from "../kubernetes/network.ts";

/** What an operator may write for every add-on, beside what is the add-on's own. */
export const commonOptions = {
  enabled: z.boolean().default(true).describe("false leaves the add-on out."),
  values: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Values of its chart, merged over Flotilla's own. A list replaces the whole list."),
};

export interface CommonOptions {
  readonly enabled: boolean;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface AddonContext<Options = CommonOptions> {
  readonly fleet: Fleet;
  readonly options: Options;
}

/** One release of a chart, in the add-on's namespace. */
export interface Release {
  /** Name of the release and of its Application. */
  readonly name: string;
  /** The chart's values at the pinned version. */
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * Whether the chart's schema of its values refers to the internet: it is then not asked, so that
   * the hub does not depend on it.
   * @default false
   */
  readonly hasRemoteSchema?: boolean;
}

export interface AddonDefinition<Schema extends z.ZodObject> {
  /** Its key under `platform.addons`, its file in `hub/platform/`. */
  readonly name: string;
  /** One line for the editor's schema: what it gives. */
  readonly description: string;
  /** Whether the hub has it without `platform` too; then it can't be switched off. */
  readonly core?: boolean;
  /**
   * Names of add-ons without which it makes no sense: it is left out with any of them.
   * @default none
   */
  readonly needs?: readonly string[];
  /** The one namespace that it works in. */
  readonly namespace: Pick<NamespaceProps, "name" | "podSecurity">;
  /** Who may reach its pods, and whom they may reach; everything else is refused. */
  readonly network: (context: AddonContext<z.output<Schema>>) => Omit<NetworkProps, "namespace">;
  /**
   * Kinds outside of any namespace that its chart makes, beside definitions, roles and webhooks,
   * which every chart may make. Those of its own objects are known without this.
   * @default none
   */
  readonly clusterKinds?: readonly Kind[];
  readonly chart: AddonChart;
  /** Sync waves order the making of Applications: what brings kinds of objects comes first. */
  readonly wave: number;
  /** What can be set for it; the values of its chart are among it. */
  readonly options: Schema;
  readonly release: (context: AddonContext<z.output<Schema>>) => Release;
  /**
   * Objects of its own, in `hub/platform/<name>/`: they are applied with the chart and tried again
   * until its kinds are there.
   * @default none
   */
  readonly objects?: (scope: Construct, context: AddonContext<z.output<Schema>>) => void;
}

/** An add-on whose options are checked and at hand. */
export interface Addon
  extends
    AddonDeclaration,
    Omit<AddonDefinition<z.ZodObject>, "network" | "release" | "objects" | "options"> {
  readonly enabled: (fleet: Fleet) => boolean;
  readonly network: (fleet: Fleet) => Omit<NetworkProps, "namespace">;
  readonly release: (fleet: Fleet) => Release & Pick<CommonOptions, "values">;
  /** Undefined: it has none. */
  readonly objects: ((scope: Construct, fleet: Fleet) => void) | undefined;
}

/** An add-on for the registry; its options are read from the fleet. */
export function addon<Schema extends z.ZodObject<Pick<typeof commonOptions, "values">>>(
  definition: AddonDefinition<Schema>,
): Addon {
  const { name, core = false, options, objects } = definition;
  const contextOf = (fleet: Fleet): AddonContext<z.output<Schema>> => ({
    fleet,
    options:
      (fleet.platform && (addonOptions(fleet.platform, definition) as z.output<Schema>)) ??
      options.parse({}),
  });
  return {
    ...definition,
    enabled: (fleet) => core || hasAddon(fleet, name),
    network: (fleet) => definition.network(contextOf(fleet)),
    release: (fleet) => {
      const context = contextOf(fleet);
      const release = definition.release(context);
      return { ...release, values: mergeValues(release.values, optionsOf(context).values) };
    },
    objects: objects && ((scope, fleet) => objects(scope, contextOf(fleet))),
  };
}

/** The objects of its own that an add-on has in this fleet. */
export function ownObjects({ objects }: Addon, fleet: Fleet): readonly Manifest[] {
  return objects === undefined ? [] : manifests("state", (scope) => objects(scope, fleet));
}

/** What an add-on makes outside of any namespace: by its chart, and as its own objects. */
export function clusterKindsOf(from: Addon, fleet: Fleet): readonly Kind[] {
  const own = kindsOf(ownObjects(from, fleet)).filter(({ namespaced }) => !namespaced);
  return [...(from.clusterKinds ?? []), ...own];
}

function optionsOf({ options }: AddonContext<unknown>): CommonOptions {
  return options as CommonOptions;
}

/** The version of its chart that the lock pins. */
export function pinOf({ name, chart }: AddonDeclaration, { pins }: Fleet): Chart {
  const pin = pins.charts[chart.name];
  if (pin === undefined) throw new Error(`this fleet was loaded without the chart of ${name}`);
  return pin;
}
