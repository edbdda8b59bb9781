/** The registry of workloads. A new one is a file beside this one, and its line here. */
import type { ValuesSchemas } from "../../fleet/grammar/workload-schemas.ts";
import { PointOfSale } from "./point-of-sale.ts";
import { Telemetry } from "./telemetry.ts";
import type { WorkloadConstruct } from "./workload.ts";

export const workloads: ReadonlyMap<string, WorkloadConstruct> = new Map<string, WorkloadConstruct>(
  [
    ["point-of-sale", PointOfSale],
    ["telemetry", Telemetry],
  ],
);

/** The names that a fleet file may use under `workloads:` without saying more. */
export const workloadNames: readonly string[] = [...workloads.keys()];

/** What a fleet file may say under `values` and `sites` of each. */
export const valuesSchemas: ValuesSchemas = Object.fromEntries(
  [...workloads].map(([name, { values }]) => [name, values]),
);
