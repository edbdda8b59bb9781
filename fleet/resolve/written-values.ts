/** The values of a workload, as written in fleet.yaml. */
import { valueAt } from "../grammar/check.ts";
import type { Source } from "../grammar/source.ts";
import type { Values } from "../model/values.ts";

/**
 * Without the defaults of a schema: a site's default would hide a value for all sites.
 */
export function writtenValues(
  source: Source,
  workload: string,
): { readonly values: Values; readonly siteValues: ReadonlyMap<string, Values> } {
  const at = (key: string) =>
    (valueAt(source.value, ["workloads", workload, key]) ?? {}) as Readonly<
      Record<string, unknown>
    >;
  const sites = Object.entries(at("sites")).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { values: at("values"), siteValues: new Map(sites as [string, Values][]) };
}
