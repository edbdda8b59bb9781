/** The built-in workloads. A new one is a file in this folder and a line here. */
import { PointOfSale } from "./point-of-sale.ts";
import { Telemetry } from "./telemetry.ts";
import type { WorkloadConstruct } from "./workload.ts";

export const workloads: ReadonlyMap<string, WorkloadConstruct> = new Map<string, WorkloadConstruct>(
  [
    ["point-of-sale", PointOfSale],
    ["telemetry", Telemetry],
  ],
);

/** The names that a fleet file may use under `workloads:` without a chart, manifests or own code. */
export const workloadNames: readonly string[] = [...workloads.keys()];
