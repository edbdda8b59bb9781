/** The text of a fleet file with another value of a device. Only characters are added; of a value that changes, its own. */
import { isAlias, isMap, isPair, isScalar, parseDocument, type Node, type YAMLMap } from "yaml";
import { isDeepStrictEqual } from "node:util";
import { InputError, type Mistake } from "../../fleet/grammar/mistakes.ts";
import { parseSource } from "../../fleet/grammar/source.ts";

type Written = string | number | readonly string[];

/** The values that are written: of `mac` a list if there are several. */
export type MatchWords = Readonly<Partial<Record<string, string | readonly string[]>>>;

/**
 * @param pattern the entry of `devices` that declares the device: its name, or its range
 * @throws InputError if the place is shared with another one by an alias
 */
export function withMatch(
  file: string,
  text: string,
  pattern: string,
  name: string,
  words: MatchWords,
): string {
  let edited = text;
  for (const [key, value] of Object.entries(words)) {
    const path = [...devicePath(pattern, name), "match", key];
    if (value !== undefined) edited = withValue(file, edited, path, value);
  }
  return edited;
}

/** Where a device's own values are: in its entry, or in the overrides of its range. */
export function devicePath(pattern: string, name: string): readonly string[] {
  return ["devices", pattern, ...(pattern === name ? [] : ["overrides", name])];
}

/** @throws InputError if the place is shared with another one by an alias */
export function withValue(
  file: string,
  text: string,
  path: readonly string[],
  value: Written,
): string {
  const shared = (at: readonly string[]) => new InputError([sharedPlace(file, text, at)]);
  const kept = (edited: string | undefined) => {
    if (edited === undefined) throw shared(path);
    return edited;
  };
  const document = parseDocument(text);
  let node: unknown = document.contents;
  for (const [index, key] of path.entries()) {
    if (!isMap(node)) throw shared(path.slice(0, index));
    const found: unknown = node.get(key, true);
    if (found === undefined) {
      const missing = path.slice(index + 1).toReversed();
      const inner = missing.reduce(
        (written, outer) => `{ ${keyText(outer)}: ${written} }`,
        valueText(value),
      );
      return kept(checked(text, inserted(text, node, `${keyText(key)}: ${inner}`), path, value));
    }
    if (isAlias(found) || (found as Node).anchor !== undefined)
      throw shared(path.slice(0, index + 1));
    node = found;
  }
  const { range } = node as Node;
  if (!range) throw shared(path);
  const edited = `${text.slice(0, range[0])}${valueText(value)}${text.slice(range[0]).slice(range[1] - range[0])}`;
  return kept(checked(text, edited, path, value));
}

/** The text with one more pair at the end of a mapping. */
function inserted(text: string, map: YAMLMap, pair: string): string {
  const last = map.items.at(-1);
  const start = map.range?.[0] ?? 0;
  if (last === undefined) {
    const inside = text.indexOf("{", start) + 1;
    return `${text.slice(0, inside)} ${pair} ${text.slice(inside).trimStart()}`;
  }
  const end = endOf(last);
  if (map.flow) return `${text.slice(0, end)}, ${pair}${text.slice(end)}`;
  const first =
    isPair(map.items[0]) && isScalar(map.items[0].key) ? map.items[0].key.range : undefined;
  const at = first?.[0] ?? start;
  const indent = " ".repeat(at - (text.lastIndexOf("\n", at - 1) + 1));
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  // A block of text, and some mappings, end with their line.
  if (text[end - 1] === "\n")
    return `${text.slice(0, end)}${indent}${pair}${eol}${text.slice(end)}`;
  const lineEnd = text.indexOf("\n", end);
  if (lineEnd < 0) return `${text}${eol}${indent}${pair}`;
  return `${text.slice(0, lineEnd + 1)}${indent}${pair}${eol}${text.slice(lineEnd + 1)}`;
}

/** Where the last value of a pair ends. */
function endOf({ key, value }: YAMLMap["items"][number]): number {
  if (isMap(value) && !value.flow) {
    const last = value.items.at(-1);
    if (last !== undefined) return endOf(last);
  }
  const range = ((value ?? key) as Node).range ?? (key as Node).range;
  return range?.[1] ?? 0;
}

/** The edited text, or undefined if the edit changed any other value. */
function checked(
  before: string,
  after: string,
  path: readonly string[],
  value: Written,
): string | undefined {
  const expected = parseDocument(before);
  expected.setIn(path, typeof value === "object" ? [...value] : value);
  const found = parseDocument(after);
  if (found.errors.length > 0 || !isDeepStrictEqual(found.toJS(), expected.toJS()))
    return undefined;
  return after;
}

function valueText(value: Written): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? scalarText(value) : `[${value.map(scalarText).join(", ")}]`;
}

function scalarText(value: string): string {
  const isPlain = /^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$/.test(value);
  return isPlain && parseDocument(value).toJS() === value ? value : JSON.stringify(value);
}

function keyText(key: string): string {
  return scalarText(key);
}

function sharedPlace(file: string, text: string, path: readonly string[]): Mistake {
  const message =
    "this can't be edited: it is shared with another place of the file, or is written in " +
    "an unusual way. Write the value there by hand; nothing was changed.";
  return parseSource(file, text).mistake(path, message);
}
