/**
 * Limits for YAML from outside, checked before anything is built from it: the number of values and the
 * depth by the tokens of the text, aliases by the nodes of the document. The library yaml has none of them,
 * except a number of aliases above which it throws an exception without a place.
 */
import {
  CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  type Node,
} from "yaml";
import type { TextMistake } from "./syntax-mistake.ts";

/** The limits of every YAML file. */
export const yamlBytesMax = 4 * 2 ** 20;
const valuesMax = 100_000;
const depthMax = 100;
const aliasesMax = 1_000;
/** One text or key. Kubernetes stores no longer one, and the writer js-yaml overflows at 2 MiB. */
const scalarLengthMaxDefault = 1.5 * 2 ** 20;
/** Directives, and tags: the library yaml copies the former for each one, and keeps a warning for each tag. */
const marksMax = 1_000;

/** Characters that YAML forbids in its text. */
const forbidden = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/;

/**
 * What makes a text impossible to parse within the limits; undefined if nothing does.
 *
 * @param scalarLengthMax the longest text or key: the lock's public keys are one text
 */
export function textMistake(
  text: string,
  scalarLengthMax: number = scalarLengthMaxDefault,
): TextMistake | undefined {
  if (text.length > yamlBytesMax) {
    const message = `this text is longer than ${yamlBytesMax / 2 ** 20} MiB. Write less, or split the file.`;
    return { offset: 0, message };
  }
  const control = forbidden.exec(text);
  if (control !== null) {
    const code = (control[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return {
      offset: control.index,
      message: `the control character U+${code} is not allowed. Delete it, or write "\\u${code}" in double quotes.`,
    };
  }
  const lone = /\r(?!\n)/.exec(text);
  if (lone !== null) {
    const message = "lines end with CR alone. Save this file with LF line ends.";
    return { offset: lone.index, message };
  }
  return sizeMistake(text, scalarLengthMax);
}

/** The depth of blocks by their columns, and that of flow collections by their brackets. */
function sizeMistake(text: string, scalarLengthMax: number): TextMistake | undefined {
  let [values, flows, column, offset] = [0, 0, 0, 0];
  const marks = { "directive-line": 0, tag: 0 };
  const columns: number[] = [];
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    const isMark = type === "doc-mode" || type === "scalar" || type === "flow-error-end";
    const length = isMark ? 0 : token.length;
    if (type === "flow-seq-start" || type === "flow-map-start") flows += 1;
    if (type === "flow-seq-end" || type === "flow-map-end") flows = Math.max(0, flows - 1);
    const isStart = type === "seq-item-ind" || type === "scalar" || type === "explicit-key-ind";
    if (isStart || type?.endsWith("quoted-scalar") || type === "alias") values += 1;
    else if (type?.startsWith("flow-") && type.endsWith("-start")) values += 1;
    if (flows === 0 && isStart) {
      while ((columns.at(-1) ?? -1) > column) columns.pop();
      if ((columns.at(-1) ?? -1) < column) columns.push(column);
    }
    if (type === "directive-line" || type === "tag") {
      marks[type] += 1;
      if (marks[type] > marksMax) {
        const what = type === "tag" ? "tags (!)" : "directives (%)";
        return { offset, message: `this file has more than ${marksMax} ${what}. Delete them.` };
      }
    }
    if (values > valuesMax) {
      return { offset, message: `this file has more than ${valuesMax} values. Write fewer.` };
    }
    if (flows + columns.length > depthMax) {
      const message = `lists and mappings are nested deeper than ${depthMax} levels. Write fewer levels.`;
      return { offset, message };
    }
    if (token.length > scalarLengthMax && type !== "comment") {
      const message = `this value is longer than ${scalarLengthMax / 2 ** 20} MiB. Write a shorter one.`;
      return { offset, message };
    }
    offset += length;
    const lineBreak = length > 0 ? token.lastIndexOf("\n") : -1;
    column = lineBreak < 0 ? column + length : token.length - lineBreak - 1;
  }
  return undefined;
}

/** What a node expands to: values, and the characters of its texts. */
interface Size {
  readonly values: number;
  readonly characters: number;
}

/** The size of an anchored node that is still being read. */
const unfinished: Size = { values: 0, characters: 0 };
const noSize: Size = { values: 0, characters: 0 };

function sum(one: Size, other: Size): Size {
  return { values: one.values + other.values, characters: one.characters + other.characters };
}

/** Duplicate keys, bad aliases and bad merges of a document. Without any, it can be expanded. */
export function documentMistakes(document: Document, allowsMerges = false): readonly TextMistake[] {
  return new Guard(allowsMerges).mistakes(document);
}

class Guard {
  readonly #found: TextMistake[] = [];
  readonly #sizes = new Map<string, Size>();
  readonly #anchors = new Map<string, Node>();
  readonly #allowsMerges: boolean;
  #aliases = 0;

  constructor(allowsMerges: boolean) {
    this.#allowsMerges = allowsMerges;
  }

  mistakes(document: Document): readonly TextMistake[] {
    const size = this.#size(document.contents);
    if (this.#aliases > aliasesMax) {
      this.#add(document.contents, `this file has more than ${aliasesMax} aliases. Write fewer.`);
    } else if (size.values > valuesMax) {
      const message = `the aliases of this file expand to more than ${valuesMax} values. Write fewer.`;
      this.#add(document.contents, message);
    } else if (size.characters > yamlBytesMax) {
      const message = `the aliases of this file expand to more than ${yamlBytesMax / 2 ** 20} MiB. Write fewer.`;
      this.#add(document.contents, message);
    }
    return this.#found;
  }

  #add(node: unknown, message: string): void {
    this.#found.push({ offset: (node as Node | null)?.range?.[0] ?? 0, message });
  }

  #size(node: unknown): Size {
    if (isAlias(node)) {
      this.#aliases += 1;
      const size = this.#sizes.get(node.source);
      if (size === undefined) this.#add(node, strayAliasMessage(node.source));
      else if (size === unfinished)
        this.#add(node, `*${node.source} is inside &${node.source} itself.`);
      return size ?? noSize;
    }
    const { anchor } = (node ?? {}) as { anchor?: string };
    if (anchor !== undefined) {
      this.#sizes.set(anchor, unfinished);
      this.#anchors.set(anchor, node as Node);
    }
    if (isMap(node)) this.#checkKeys(node.items);
    const characters = isScalar(node) && typeof node.value === "string" ? node.value.length : 0;
    let size: Size = { values: 1, characters };
    for (const item of isCollection(node) ? node.items : []) {
      for (const part of isPair(item) ? [item.key, item.value] : [item]) {
        size = sum(size, this.#size(part));
      }
    }
    if (anchor !== undefined) this.#sizes.set(anchor, size);
    return size;
  }

  #checkKeys(items: readonly { readonly key: unknown; readonly value: unknown }[]): void {
    const seen = new Set<unknown>();
    for (const { key, value } of items) {
      if (!isScalar(key)) continue;
      const isMergeKey = key.source === "<<" && key.type === "PLAIN";
      if (isMergeKey && !this.#allowsMerges) {
        const message =
          "merge keys (<<) are not supported. Write the keys here, or use an alias for a whole value.";
        this.#add(key, message);
        continue;
      }
      const isMerge = isMergeKey && this.#allowsMerges;
      if (isMerge && !this.#isMergeable(value)) {
        this.#add(value, "<< merges mappings only. Write a mapping or an alias of one.");
      }
      if (seen.has(key.value) && !isMerge) this.#add(key, repeatedKeyMessage(String(key.value)));
      seen.add(key.value);
    }
  }

  #isMergeable(value: unknown): boolean {
    const mapping = (node: unknown) => isMap(isAlias(node) ? this.#anchors.get(node.source) : node);
    const target = isAlias(value) ? this.#anchors.get(value.source) : value;
    // An alias without its anchor is a mistake already.
    if (target === undefined) return true;
    return isSeq(target) ? target.items.every(mapping) : isMap(target);
  }
}

function repeatedKeyMessage(key: string): string {
  return `the key "${key}" appears twice. Delete one of the two.`;
}

function strayAliasMessage(name: string): string {
  return `the anchor &${name} is not defined above. Define it, or write the value instead of *${name}.`;
}
