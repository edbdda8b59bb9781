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

/** The tree of a value in memory: plain objects, arrays, strings, numbers, booleans, null. */
export function nodeOf(value: unknown): Node {
  if (typeof value === "string") return { kind: "scalar", text: value, plain: false };
  if (Array.isArray(value)) return { kind: "list", items: value.map(nodeOf) };
  if (typeof value === "object" && value !== null) {
    const entries: Entry[] = [];
    for (const [key, child] of Object.entries(value)) {
      if (child === undefined) continue;
      entries.push({ key: { kind: "scalar", text: key, plain: false }, value: nodeOf(child) });
    }
    return { kind: "mapping", entries };
  }
  return { kind: "scalar", text: String(value), plain: true };
}

export function childOf(node: Node, step: string | number): Node | undefined {
  if (node.kind === "list") return typeof step === "number" ? node.items[step] : undefined;
  if (node.kind !== "mapping" || typeof step === "number") return undefined;
  return entryOf(node, step)?.value;
}

function entryOf(mapping: Mapping, name: string): Entry | undefined {
  return mapping.entries.findLast(({ key }) => key.kind === "scalar" && key.text === name);
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

/** Finds lines and columns of offsets. The lines are counted at the first call. */
export class Places {
  readonly #text: string;
  #lineStarts: readonly number[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  at(offset: number): Place {
    const starts = (this.#lineStarts ??= lineStartsOf(this.#text));
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = starts[low] ?? 0;
    return { line: low + 1, column: Array.from(this.#text.slice(start, offset)).length + 1 };
  }
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|[\r\n\u0085\u2028\u2029]/g)) {
    starts.push(index + end.length);
  }
  return starts;
}
