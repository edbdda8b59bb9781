/**
 * Levels of the fleet file: what a profile, a site, a range of devices and one device say about one thing. They
 * are merged as an environment's file is over fleet.yaml, by JSON Merge Patch (RFC 7396): null removes.
 */
import { valueAt } from "../../grammar/check.ts";
import type { Path } from "../../grammar/source.ts";
import { namesSecret } from "../../model/secret-reference.ts";
import { isMapping, type Values } from "../../model/values.ts";

/**
 * Mappings are merged, and anything else and the name of a secret are replaced by the later level.
 *
 * @param values of each level, the later ones win; undefined where a level says nothing
 * @returns without null; undefined if nothing is left
 */
export function mergedLevels(values: readonly unknown[]): unknown {
  return values.reduce(
    (merged, value) => (value === undefined ? merged : patched(merged, value)),
    undefined,
  );
}

function patched(base: unknown, top: unknown): unknown {
  if (!isMapping(top)) return top ?? undefined;
  const below: Values = isMapping(base) ? base : {};
  const result = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(top)) {
    const isOne = isMapping(value) && namesSecret(key, value);
    const inner = isOne ? value : patched(result.get(key), value);
    if (inner === undefined) result.delete(key);
    else result.set(key, inner);
  }
  return Object.fromEntries(result);
}

/**
 * The levels after the last one that removes the value at the path, or what it is in.
 *
 * @param levels places of the fleet file
 * @param path inside each level
 */
export function levelsThatCount(
  input: unknown,
  levels: readonly Path[],
  path: Path,
): readonly Path[] {
  const removes = (level: Path) =>
    valueAt(input, level) === null ||
    path.some((_, index) => valueAt(input, [...level, ...path.slice(0, index + 1)]) === null);
  return levels.slice(levels.findLastIndex(removes) + 1);
}
