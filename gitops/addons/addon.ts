/**
 * What an add-on of the hub is. Each is one file in this folder and one line in the registry
 * (index.ts): its schema, its chart with values, and the objects that its chart has no word for.
 */
import type { Construct } from "constructs";
import { z } from "zod";
import type { ChartName, Fleet } from "../../fleet/model.ts";
import type { Kind } from "../kinds.ts";
import type { NamespaceProps } from "../namespace.ts";
import type { NetworkProps } from "../network.ts";

/** What an operator may write for every add-on, beside what is the add-on's own. */
export const commonOptions = {
  enabled: z.boolean().default(true).describe("false leaves the add-on out."),
  values: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Values of its chart, laid over Flotilla's own; lists are replaced as a whole."),
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
  readonly chart: ChartName;
  /** The chart's values at the pinned version. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface AddonDefinition<Schema extends z.ZodObject> {
  /** Its key under `platform.addons`, its file in `hub/platform/`. */
  readonly name: string;
  /** One line for the editor's schema: what it gives. */
  readonly description: string;
  /** Whether the hub has it without `platform` too; then it can't be switched off. */
  readonly core?: boolean;
  /** The one namespace that it works in. */
  readonly namespace: Pick<NamespaceProps, "name" | "podSecurity">;
  /** Who may reach its pods, and whom they may reach; everything else is refused. */
  readonly network: (context: AddonContext<z.output<Schema>>) => Omit<NetworkProps, "namespace">;
  /**
   * Kinds outside of any namespace that its chart or its objects make, beside definitions, roles and
   * webhooks, which every chart may make.
   * @default none
   */
  readonly clusterKinds?: readonly Kind[];
  /** Sync waves order the making of Applications: what brings kinds of objects comes first. */
  readonly wave: number;
  /** Its options; `commonOptions` are among them. */
  readonly schema: Schema;
  readonly release: (context: AddonContext<z.output<Schema>>) => Release;
  /**
   * Objects of its own, in `hub/platform/<name>/`: they are applied with the chart and tried again
   * until its kinds are there.
   * @default none
   */
  readonly objects?: (scope: Construct, context: AddonContext<z.output<Schema>>) => void;
}

/** An add-on whose options are checked and at hand. */
export interface Addon extends Omit<
  AddonDefinition<z.ZodObject>,
  "network" | "release" | "objects" | "core"
> {
  readonly core: boolean;
  readonly enabled: (fleet: Fleet) => boolean;
  readonly network: (fleet: Fleet) => Omit<NetworkProps, "namespace">;
  readonly release: (fleet: Fleet) => Release & Pick<CommonOptions, "values">;
  /** Undefined: it has none. */
  readonly objects: ((scope: Construct, fleet: Fleet) => void) | undefined;
}

/** An add-on for the registry; its options are read from the fleet. */
export function addon<Schema extends z.ZodObject<typeof commonOptions>>(
  definition: AddonDefinition<Schema>,
): Addon {
  const { name, core = false, schema, objects } = definition;
  const contextOf = (fleet: Fleet): AddonContext<z.output<Schema>> => ({
    fleet,
    options: schema.parse(fleet.platform?.addons[name] ?? {}),
  });
  return {
    ...definition,
    core,
    enabled: (fleet) => core || (fleet.platform !== null && optionsOf(contextOf(fleet)).enabled),
    network: (fleet) => definition.network(contextOf(fleet)),
    release: (fleet) => {
      const context = contextOf(fleet);
      const release = definition.release(context);
      return { ...release, values: merged(release.values, optionsOf(context).values) };
    },
    objects: objects && ((scope, fleet) => objects(scope, contextOf(fleet))),
  };
}

function optionsOf({ options }: AddonContext<unknown>): CommonOptions {
  return options as CommonOptions;
}

/** As Helm lays values over each other: mappings are merged, anything else is replaced. */
export function merged(
  under: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const present = result[key];
    result[key] = isMapping(present) && isMapping(value) ? merged(present, value) : value;
  }
  return result;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
