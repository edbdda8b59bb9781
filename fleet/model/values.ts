/** Mappings of JSON: how one set of Helm values overrides another, and what is at a path. */

/** Values of a workload or a chart, as JSON. */
export type Values = Readonly<Record<string, unknown>>;

/** Merges values as Helm does: mappings are merged, anything else is replaced by `overrides`. */
export function mergeValues(base: Values, overrides: Values): Values {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(overrides)) {
    const present = result[key];
    result[key] = isMapping(present) && isMapping(value) ? mergeValues(present, value) : value;
  }
  return result;
}

export function isMapping(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value below mappings; undefined where a key is missing, or what is above it is not a mapping. */
export function fieldAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isMapping(inner) ? inner[key] : undefined), value);
}
