/**
 * Writes JSON as butane does: compact, with the escapes of Go's encoder (which makes JSON safe inside
 * HTML), and a final newline.
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** Matches `\\` so that the `b` of `\\b` does not count as an escape. */
const differing = /\\[\\bf]|\\udc[89a-f][0-9a-f]|[<>&\u2028\u2029]/g;

export function encodeJson(value: Json): string {
  return `${JSON.stringify(value).replace(differing, asGoWrites)}\n`;
}

/** The same, indented by two spaces. */
export function encodePrettyJson(value: Json): string {
  return `${JSON.stringify(value, null, 2).replace(differing, asGoWrites)}\n`;
}

function asGoWrites(found: string): string {
  if (found === "\\\\") return found;
  // A byte that is not UTF-8 (raw-bytes.ts).
  if (found.startsWith("\\u")) return "\\ufffd";
  const code = found === "\\b" ? 8 : found === "\\f" ? 12 : found.charCodeAt(0);
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
