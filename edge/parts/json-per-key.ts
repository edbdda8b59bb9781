/**
 * YAML with one line for each key and its value as JSON, which is YAML too: a name of digits stays a
 * name.
 */
export function jsonPerKey(object: Readonly<Record<string, unknown>>): string {
  return Object.entries(object)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join("");
}
