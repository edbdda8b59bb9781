/** Helm values: how one set overrides another. */

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
