/** What a fleet file may set for the add-ons and workloads of this folder. */
import type { LoadOptions } from "../fleet/resolve/load.ts";
import type { Extensions } from "../fleet/grammar/fleet-schema.ts";
import { addons } from "./addons/index.ts";
import { valuesSchemas, workloadNames } from "./workloads/index.ts";

/** For `loadFleet`. */
export const grammar = {
  workloads: workloadNames,
  extensions: { addons, workloads: valuesSchemas },
} as const satisfies Pick<LoadOptions, "workloads"> & { readonly extensions: Extensions };
