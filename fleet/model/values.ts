/** Settings laid over settings. */
import type { Values } from "./fleet.ts";

/** As Helm lays values over each other: mappings are merged, anything else is replaced. */
export function laidOver(under: Values, over: Values): Values {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const present = result[key];
    result[key] = isMapping(present) && isMapping(value) ? laidOver(present, value) : value;
  }
  return result;
}

export function isMapping(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
