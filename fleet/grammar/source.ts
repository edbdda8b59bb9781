/**
 * A YAML document with positions: the value for a schema, and the line and column of every path for
 * error messages.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import { InputError, type Mistake } from "./mistakes.ts";
import { oddScalars } from "./odd-scalars.ts";
import { placeAt, syntaxMistake, type TextMistake } from "./syntax-mistake.ts";
import { documentMistakes, textMistake } from "./yaml-guard.ts";

export type Path = readonly PropertyKey[];

export interface Source {
  readonly file: string;
  /** The document as plain objects. */
  readonly value: unknown;
  /** The file that the value of `path` is written in, which an overlay can change. */
  fileOf(path: Path): string;
  /** A mistake at the value of `path`; if there is no value, at the nearest key above it. */
  mistake(path: Path, message: string): Mistake;
  /** A mistake at the last key of `path` rather than at its value. */
  keyMistake(path: Path, message: string): Mistake;
  /** A plain value as it is written: `1.10` for the number 1.1. */
  written(path: Path): string | undefined;
  /**
   * Where the text of a literal block (`key: |`) starts: its first line, and the column at which
   * each of its lines starts. Undefined if the value is not such a block.
   */
  blockPlace(path: Path): { readonly line: number; readonly column: number } | undefined;
}

/**
 * Reads one YAML 1.2 document.
 *
 * @throws InputError on a syntax error, a duplicate key, or a key that is not a string.
 */
export function parseSource(file: string, text: string, scalarLengthMax?: number): Source {
  const conflict = /^(<{7}|={7}|>{7})/m.exec(text);
  if (conflict !== null) {
    const message = "this file has Git conflict markers. Resolve the conflict first.";
    throw new InputError([{ file, ...placeAt(text, conflict.index), message }]);
  }
  const unreadable = textMistake(text, scalarLengthMax);
  if (unreadable !== undefined) {
    const { offset, message } = unreadable;
    throw new InputError([{ file, ...placeAt(text, offset), message }]);
  }
  const lines = new LineCounter();
  // The library's own check of unique keys takes quadratic time.
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false };
  const document = parseDocument(text, options);
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const syntax = syntaxMistake(text, document.errors);
  if (syntax !== undefined) {
    throw new InputError([{ file, ...at(syntax.offset), message: syntax.message }]);
  }
  const mistakes: Mistake[] = [...documentMistakes(document), ...tagMistakes(text, document)].map(
    ({ offset, message }) => ({ file, ...at(offset), message }),
  );
  const root = document.contents;
  for (const { offset, path, message } of oddScalars(text, root)) {
    mistakes.push({ file, ...at(offset), path: path.map(String).join("."), message });
  }
  if (mistakes.length > 0) throw new InputError(mistakes);

  const mistake = (path: Path, key: boolean, message: string): Mistake => ({
    file,
    ...at(offsetOf(root, path, key)),
    path: path.map(String).join("."),
    message,
  });
  return {
    file,
    value: document.toJS({ maxAliasCount: -1 }),
    fileOf: () => file,
    mistake: (path, message) => mistake(path, false, message),
    keyMistake: (path, message) => mistake(path, true, message),
    written(path) {
      const node = nodeAt(document, path);
      return isScalar(node) && node.type === "PLAIN" ? node.source : undefined;
    },
    blockPlace(path) {
      const node = nodeAt(document, path);
      if (!isScalar(node) || node.type !== "BLOCK_LITERAL" || !node.range) return undefined;
      const { line } = at(node.range[0]);
      const written = String(node.value).split("\n");
      const index = Math.max(
        0,
        written.findIndex((each) => each.trim() !== ""),
      );
      const raw = (text.split("\n")[line + index] ?? "").replace(/\r$/, "");
      return { line: line + 1, column: raw.length - (written[index] ?? "").length + 1 };
    },
  };
}

function nodeAt(document: Document, path: Path): unknown {
  let node: unknown = document.contents;
  for (const segment of path) {
    if (isSeq(node)) node = node.items[Number(segment)];
    else if (isMap(node)) node = node.get(segment, true);
    if (isAlias(node)) node = node.resolve(document);
  }
  return node;
}

/** Types of YAML 1.1 that the library reads on request, as values that are not JSON. */
const unsupportedTags = /^tag:yaml\.org,2002:(binary|timestamp|set|omap|pairs)$/;

/** A tag is searched in so many characters before its value, because a file can have thousands. */
const tagDistanceMax = 200;

/** Tags of programs (`!vault`) have no meaning here, and the library would ignore them. */
function tagMistakes(text: string, document: Document): readonly TextMistake[] {
  const unsupported: TextMistake[] = [];
  if (text.includes("!")) {
    visit(document, {
      Node(_key, { tag, range }) {
        const [, name] = unsupportedTags.exec(tag ?? "") ?? [];
        if (name === undefined) return;
        const start = range?.[0] ?? 0;
        const before = text.slice(Math.max(0, start - tagDistanceMax), start);
        const offset = start - before.length + Math.max(0, before.lastIndexOf("!!"));
        const message = `the tag !!${name} is not supported here. Write plain text, a list or a mapping without a tag.`;
        unsupported.push({ offset, message });
      },
    });
  }
  const unknown = document.warnings
    .filter(({ code }) => code === "TAG_RESOLVE_FAILED")
    .map(({ pos: [offset, end] }) => {
      const tag = text.slice(offset, end);
      return { offset, message: `found the tag ${tag}, which has no meaning here. Delete it.` };
    });
  return [...unsupported, ...unknown];
}

/** Kept, because a file with thousands of mistakes looks up as many keys. */
const pairs = new WeakMap<YAMLMap, ReadonlyMap<unknown, Pair>>();

function pairsOf(map: YAMLMap): ReadonlyMap<unknown, Pair> {
  const known = pairs.get(map);
  if (known !== undefined) return known;
  const found = new Map<unknown, Pair>();
  for (const pair of map.items) if (isScalar(pair.key)) found.set(pair.key.value, pair);
  pairs.set(map, found);
  return found;
}

function offsetOf(root: Node | null, path: Path, wantKey: boolean): number {
  let offset = root?.range?.[0] ?? 0;
  let node: unknown = root;
  for (const [depth, segment] of path.entries()) {
    if (isSeq(node)) {
      node = node.items[Number(segment)];
    } else if (isMap(node)) {
      const pair = pairsOf(node).get(segment);
      if (pair === undefined) return offset;
      const keyOffset = (pair.key as Node).range?.[0] ?? offset;
      offset = keyOffset;
      node = pair.value;
      if (wantKey && depth === path.length - 1) return keyOffset;
    } else {
      return offset;
    }
    // The position of an alias is its own, not that of the value that it points to.
    if (isAlias(node)) return node.range?.[0] ?? offset;
    const range = (node as Node | null)?.range;
    const empty = isScalar(node) && node.value === null && !node.source;
    if (range && !empty) offset = range[0];
  }
  return offset;
}
