/** References from one part of fleet.yaml to another. */
import { notOneOf, valueAt } from "../grammar/check.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Path, Source } from "../grammar/source.ts";

export interface Known {
  /** Undefined if the list itself is invalid: then references to it are not checked. */
  readonly rings: readonly string[] | undefined;
  readonly profiles: readonly string[];
  readonly sites: readonly string[];
}

/**
 * The names that may be referred to, as written: an invalid profile is known too, so that its
 * mistake is not repeated at each device.
 */
export function known(source: Source, input: FleetInput): Known {
  const rawRings = valueAt(source.value, ["rings"]);
  const sound =
    rawRings === undefined || (Array.isArray(rawRings) && rawRings.length === input.rings.length);
  return {
    rings: sound ? input.rings : undefined,
    profiles: namesUnder(source, "profiles"),
    sites: namesUnder(source, "sites"),
  };
}

function namesUnder(source: Source, section: string): string[] {
  const value = valueAt(source.value, [section]);
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

/** A mistake if `name` is written and is not one of `names`. */
export function unknownReference(
  source: Source,
  path: Path,
  name: string | undefined,
  names: readonly string[] | undefined,
  atKey = false,
): Mistake[] {
  if (name === undefined || names === undefined || names.includes(name)) return [];
  const message = notOneOf(JSON.stringify(name), names, name);
  return [atKey ? source.keyMistake(path, message) : source.mistake(path, message)];
}
