/** The values of workloads and of parts, as written in fleet.yaml. */
import { valueAt } from "../grammar/check.ts";
import type { Path, Source } from "../grammar/source.ts";
import { isMapping, mergeValues, type Values } from "../model/values.ts";

/**
 * Without the defaults of a schema: a site's default would hide a value for all sites.
 */
export function writtenValues(
  source: Source,
  workload: string,
): { readonly values: Values; readonly siteValues: ReadonlyMap<string, Values> } {
  const at = (key: string) => mappingAt(source, ["workloads", workload, key]);
  return { values: at("values"), siteValues: mappingsIn(at("sites")) };
}

/**
 * A user's own parts, sorted by name. Later levels win, and a schema's defaults count at no level.
 *
 * @param levels where the fleet file can have `parts`
 */
export function writtenParts(source: Source, levels: readonly Path[]): ReadonlyMap<string, Values> {
  return mappingsIn(
    levels.map((path) => mappingAt(source, [...path, "parts"])).reduce(mergeValues, {}),
  );
}

/** Empty if anything else is written, which is reported elsewhere. */
function mappingAt(source: Source, path: Path): Values {
  const value = valueAt(source.value, path);
  return isMapping(value) ? value : {};
}

/** Sorted by name. */
function mappingsIn(values: Values): ReadonlyMap<string, Values> {
  return new Map(
    Object.entries(values)
      .map(([name, value]) => [name, isMapping(value) ? value : {}] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
