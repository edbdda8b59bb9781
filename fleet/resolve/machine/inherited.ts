/** A setting that a profile, a site, a range of devices and one device can have. */
import { isDeepStrictEqual } from "node:util";
import { isMisspelled, valueAt } from "../../grammar/check.ts";
import type { Mistake } from "../../grammar/mistakes.ts";
import type { Path, Source } from "../../grammar/source.ts";
import type { SecretInput } from "../../grammar/secret-reference.ts";
import type { SecretForm, SecretReference } from "../../model/secret-reference.ts";
import { levelsThatCount, mergedLevels } from "./levels.ts";

export interface Inherited<Value> {
  /**
   * The value of all levels: mappings are merged, null removes what earlier levels have, and anything else and
   * the name of a secret are replaced by the later level.
   */
  readonly value: Value;
  /** Whether the fleet file has something at a path inside the value, valid or not, and no later level removes it. */
  isWritten(path: Path): boolean;
  /** Whether everything that the fleet file has at the path is valid. */
  isValid(path: Path): boolean;
  /** A mistake at a path inside the value, in the level that says it last. */
  mistake(path: Path, message: string): Mistake;
  /** A mistake at the key of the path. */
  keyMistake(path: Path, message: string): Mistake;
  /** Whether a level has one of the keys inside the value, invalid or misspelled: that is reported already. */
  isAttempted(names: readonly string[]): boolean;
  /** A secret that the value refers to. */
  secret(path: Path, input: SecretInput, form: SecretForm): SecretReference;
}

/** A setting of devices, by their levels. Devices with the same levels share one. */
export function inheritedBook<Value>(
  source: Source,
  input: unknown,
  key: string,
): (levels: readonly Path[]) => Inherited<Value> | undefined {
  const known = new Map<string, Inherited<Value> | undefined>();
  return (levels) => {
    const same = JSON.stringify(levels);
    if (!known.has(same)) known.set(same, inherited<Value>(source, input, levels, key));
    return known.get(same);
  };
}

/**
 * @param input the valid values of the fleet file
 * @param levels places of the fleet file, the later ones win
 * @param key of each level
 * @returns undefined if no level has the key, or a later one removes it
 */
export function inherited<Value>(
  source: Source,
  input: unknown,
  levels: readonly Path[],
  key: string,
): Inherited<Value> | undefined {
  const places = levels.map((level) => [...level, key]);
  const value = mergedLevels(places.map((place) => valueAt(input, place)));
  if (value === undefined) return undefined;
  const placeOf = (path: Path): Path => {
    for (let length = path.length; length >= 0; length--) {
      const inner = path.slice(0, length);
      // Where null removes the value itself, that is the place.
      const counting = length === 0 ? places : levelsThatCount(input, places, inner.slice(0, -1));
      const level = counting.findLast(
        (place) => valueAt(input, [...place, ...inner]) !== undefined,
      );
      if (level !== undefined) return [...level, ...inner];
    }
    return [];
  };
  const mistake: Inherited<Value>["mistake"] = (path, message) =>
    source.mistake(placeOf(path), message);
  const isWritten: Inherited<Value>["isWritten"] = (path) =>
    levelsThatCount(input, places, path).some(
      (place) => valueAt(source.value, [...place, ...path]) !== undefined,
    );
  return {
    value: value as Value,
    isWritten,
    isValid: (path) =>
      places.every((place) =>
        isDeepStrictEqual(
          valueAt(source.value, [...place, ...path]),
          valueAt(input, [...place, ...path]),
        ),
      ),
    mistake,
    keyMistake: (path, message) => source.keyMistake(placeOf(path), message),
    isAttempted: (names) =>
      names.some(
        (name) =>
          isWritten([name]) || places.some((place) => isMisspelled(source, place, name, names)),
      ),
    secret(path, reference, form) {
      const { message: _message, ...place } = mistake(path, "");
      return "file" in reference
        ? { form, from: "file", name: reference.file, place }
        : { form, from: "env", name: reference.env, place };
    },
  };
}
