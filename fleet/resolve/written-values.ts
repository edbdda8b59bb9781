/** The values of workloads and of parts, as written in fleet.yaml. */
import { valueAt } from "../grammar/check.ts";
import type { Path, Source } from "../grammar/source.ts";
import { isMapping, mergeValues, type Values } from "../model/values.ts";
import { levelsThatCount } from "./machine/levels.ts";

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
 * A user's own parts, sorted by name. Later levels win, null removes a part or all of them, and a schema's defaults
 * count at no level.
 *
 * @param levels where the fleet file can have `parts`
 */
export function writtenParts(source: Source, levels: readonly Path[]): ReadonlyMap<string, Values> {
  const names = levels.flatMap((path) => Object.keys(mappingAt(source, [...path, "parts"])));
  const values = names.flatMap((name) => {
    const found = partLevels(source, levels, name);
    if (found.length === 0) return [];
    return [[name, found.map((path) => mappingAt(source, path)).reduce(mergeValues, {})]];
  });
  return mappingsIn(Object.fromEntries(values) as Values);
}

/** Where the fleet file has the values of a part, after the last level that removes it. */
export function partLevels(source: Source, levels: readonly Path[], name: string): readonly Path[] {
  const path = ["parts", name];
  return levelsThatCount(source.value, levels, path)
    .map((level) => [...level, ...path])
    .filter((place) => valueAt(source.value, place) !== undefined);
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
