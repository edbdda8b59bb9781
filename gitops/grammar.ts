/** What a fleet file may set for workloads, add-ons and a user's own parts, for `loadFleet`. */
import type { LoadOptions } from "../fleet/resolve/load.ts";
import type { Extensions } from "../fleet/grammar/fleet-schema.ts";
import type { ValuesSchemas } from "../fleet/grammar/workload-schemas.ts";
import { builtIn, type Registry } from "./registry.ts";

export interface Grammar {
  readonly workloads: NonNullable<LoadOptions["workloads"]>;
  readonly extensions: Extensions;
}

/** @param parts the values of each part @default there are none */
export function grammarOf({ workloads, addons }: Registry, parts: ValuesSchemas = {}): Grammar {
  const schemas = [...workloads].map(([name, { values }]) => [name, values] as const);
  return {
    workloads: [...workloads.keys()],
    extensions: { addons, workloads: Object.fromEntries(schemas), parts },
  };
}

/** Without a user's own classes. */
export const grammar = grammarOf(builtIn);
