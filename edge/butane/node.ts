/**
 * A Butane configuration as a tree with the position of each value.
 *
 * A scalar keeps its text and whether it was plain (unquoted), because its meaning depends on its
 * field: `0644` is 420 in `mode` and four characters in `contents.inline`. A configuration in memory
 * gets the same tree, without positions.
 */

/** Both count from 1; columns count characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Scalar {
  readonly kind: "scalar";
  readonly text: string;
  /** Unquoted, so it may be a number, a boolean or null. */
  readonly plain: boolean;
  /** An explicit tag, in its short form (`!!str`). */
  readonly tag?: string | undefined;
  /** The start of the value in the text, in UTF-16 units; absent for values in memory. */
  readonly offset?: number | undefined;
}

export interface List {
  readonly kind: "list";
  readonly items: readonly Node[];
  readonly tag?: string | undefined;
  readonly offset?: number | undefined;
}

export interface Mapping {
  readonly kind: "mapping";
  /** As written: keys may appear twice. */
  readonly entries: readonly Entry[];
  readonly tag?: string | undefined;
  readonly offset?: number | undefined;
}

export interface Entry {
  readonly key: Node;
  readonly value: Node;
}

/** `*name`. Its value is that of its target, but the report uses its own position. */
export interface Alias {
  readonly kind: "alias";
  readonly name: string;
  /** A function, because the target may contain the alias itself. */
  readonly target: () => Node;
  readonly offset?: number | undefined;
}

export type Node = Scalar | List | Mapping | Alias;

/** The limit for the values of a tree, far above real configurations. Each needs a few hundred bytes. */
export const valuesMax = 200_000;

/** Keys and indexes from the root to a node. */
export type Path = readonly (string | number)[];

/** A linked list of steps, which becomes a path only for the report. */
export interface Trail {
  readonly parent: Trail | undefined;
  readonly step: string | number;
}

export function pathOf(trail: Trail | undefined): Path {
  const path: (string | number)[] = [];
  for (let at = trail; at !== undefined; at = at.parent) path.push(at.step);
  return path.toReversed();
}

/**
 * The tree of a value in memory: plain objects, arrays, strings, numbers, booleans, null. Lists and
 * mappings are converted only when they are read, so the size and depth of the rest do not matter.
 */
export function nodeOf(value: unknown): Node {
  if (typeof value === "string") return { kind: "scalar", text: value, plain: false };
  if (Array.isArray(value)) {
    let items: readonly Node[] | undefined;
    return {
      kind: "list",
      get items() {
        return (items ??= value.map(nodeOf));
      },
    };
  }
  if (typeof value === "object" && value !== null) {
    let entries: readonly Entry[] | undefined;
    return {
      kind: "mapping",
      get entries() {
        return (entries ??= entriesOf(value));
      },
    };
  }
  return { kind: "scalar", text: String(value), plain: true };
}

function entriesOf(value: object): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [key, child] of Object.entries(value)) {
    if (child === undefined) continue;
    entries.push({ key: { kind: "scalar", text: key, plain: false }, value: nodeOf(child) });
  }
  return entries;
}

export function childOf(node: Node, step: string | number): Node | undefined {
  if (node.kind === "list") return typeof step === "number" ? node.items[step] : undefined;
  if (node.kind !== "mapping" || typeof step === "number") return undefined;
  return entryOf(node, step)?.value;
}

const entriesByName = new WeakMap<Mapping, ReadonlyMap<string, Entry>>();
/** A mapping with fewer entries is searched: that is cheaper than an index. */
const fewEntries = 32;

function entryOf(mapping: Mapping, name: string): Entry | undefined {
  const { entries } = mapping;
  if (entries.length < fewEntries) {
    return entries.findLast(({ key }) => key.kind === "scalar" && key.text === name);
  }
  let known = entriesByName.get(mapping);
  if (known === undefined) {
    known = new Map(
      entries.flatMap((entry) => (entry.key.kind === "scalar" ? [[entry.key.text, entry]] : [])),
    );
    entriesByName.set(mapping, known);
  }
  return known.get(name);
}

/** The deepest node that exists along the path, which is what butane reports. */
export function deepestNode(root: Node, path: Path): Node {
  let node = root;
  for (const step of path) {
    const child = childOf(node, step);
    if (child === undefined) break;
    node = child;
  }
  return node;
}

const blockSize = 4_096;

/** What the text before a block contains. */
interface Block {
  readonly breaks: number;
  readonly lineStart: number;
  /** How many characters take two UTF-16 units. */
  readonly pairs: number;
}

/** Finds the lines and columns of offsets, quickly even in a text with many or long lines. */
export class Places {
  readonly #text: string;
  #blocks: readonly Block[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  at(offset: number): Place {
    const { breaks, lineStart, pairs } = this.#upTo(offset);
    const column = offset - lineStart - (pairs - this.#upTo(lineStart).pairs) + 1;
    return { line: breaks + 1, column };
  }

  #upTo(offset: number): Block {
    this.#blocks ??= blocksOf(this.#text);
    const number = Math.min(Math.floor(offset / blockSize), this.#blocks.length - 1);
    const block = this.#blocks[number] ?? firstBlock;
    return counted(this.#text, block, number * blockSize, offset);
  }
}

const firstBlock: Block = { breaks: 0, lineStart: 0, pairs: 0 };

function blocksOf(text: string): readonly Block[] {
  const blocks = [firstBlock];
  let last = firstBlock;
  for (let start = 0; start + blockSize <= text.length; start += blockSize) {
    last = counted(text, last, start, start + blockSize);
    blocks.push(last);
  }
  return blocks;
}

function counted(text: string, before: Block, start: number, end: number): Block {
  let { breaks, lineStart, pairs } = before;
  for (let offset = start; offset < end; offset += 1) {
    const code = text.charCodeAt(offset);
    if (code >= 0xdc00 && code <= 0xdfff) pairs += 1;
    const isBreak = code === 0x0a || code === 0x85 || code === 0x2028 || code === 0x2029;
    if (!isBreak && !(code === 0x0d && text.charCodeAt(offset + 1) !== 0x0a)) continue;
    breaks += 1;
    lineStart = offset + 1;
  }
  return { breaks, lineStart, pairs };
}
