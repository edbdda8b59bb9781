/** The registry of workloads. A new workload is a file in this folder and a line here. */
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

/** The names that a fleet file may use under `workloads:` without a chart or manifests. */
export const workloadNames: readonly string[] = [...workloads.keys()];

/** The schema of each workload's `values` and `sites` in a fleet file. */
export const valuesSchemas: ValuesSchemas = Object.fromEntries(
  [...workloads].map(([name, { values }]) => [name, values]),
);
