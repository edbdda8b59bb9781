/**
 * Empty values in profiles, sites and devices. YAML reads them as null, which removes what earlier levels say; but an
 * empty value can be a list whose lines are commented out.
 */
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Path, Source } from "../grammar/source.ts";
import { isMapping } from "../model/values.ts";
import { entriesOf } from "./entries.ts";

const message =
  "found nothing. Write a value, or null to remove what the profile, the site or the range says.";

/** Refuses them, and removes them from the valid values. */
export function emptyRemovals(source: Source, input: FleetInput): Mistake[] {
  const removed = (values: object, path: Path, isDeep: boolean): Mistake[] =>
    Object.entries(values).flatMap(([key, value]: [string, unknown]) => {
      const place = [...path, key];
      if (isMapping(value)) return isDeep ? removed(value, place, true) : [];
      if (value !== null || source.written(place) !== "") return [];
      Reflect.deleteProperty(values, key);
      return [source.mistake(place, message)];
    });
  return entriesOf(input).flatMap(([path, entry]) => {
    // Overrides are entries of their own. What null means in a user's own part, its schema says.
    const { parts, overrides: _overrides, ...others } = entry as Entry;
    const own = Object.entries(others).flatMap(([key, value]) =>
      isMapping(value) ? removed(value, [...path, key], true) : [],
    );
    const ofParts = isMapping(parts) ? removed(parts, [...path, "parts"], false) : [];
    return [...removed(entry, path, false), ...own, ...ofParts];
  });
}

type Entry = Readonly<Record<string, unknown>>;
