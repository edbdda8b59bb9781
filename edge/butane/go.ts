/**
 * The functions of Go that butane's errors are made with: quoted strings, clean paths.
 * Source: the documentation of Go's packages strconv and path.
 */
import { posix } from "node:path";

const escapes: ReadonlyMap<string, string> = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);

/** The text in quotes, as `%q` prints it. */
export function goQuoted(text: string): string {
  const quoted = text.replaceAll(
    /[^ !#-[\]-~]/gu,
    (character) => escapes.get(character) ?? shown(character),
  );
  return `"${quoted}"`;
}

function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === " " || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

/** The shortest equivalent path; `.` for an empty one. */
export function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

/** Joins the elements that are not empty, and cleans the result. */
export function joinPath(...elements: readonly string[]): string {
  const filled = elements.filter((element) => element !== "");
  return filled.length === 0 ? "" : cleanPath(filled.join("/"));
}

/** The last element from its last dot on: `.service`. */
export function extensionOf(name: string): string {
  const element = name.slice(name.lastIndexOf("/") + 1);
  const dot = element.lastIndexOf(".");
  return dot < 0 ? "" : element.slice(dot);
}
