/**
 * A Butane configuration as a tree that knows where each value was written.
 *
 * A scalar keeps its text and whether it was plain (unquoted), because only the field that it is
 * for decides what it means: `0644` is 420 in `mode` and four characters in `contents.inline`.
 * Configurations made in memory get the same tree, without places.
 */

/** Both count from 1; columns count characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Scalar {
  readonly kind: "scalar";
  readonly text: string;
  /** Unquoted, so that it may be a number, a truth value or nothing. */
  readonly plain: boolean;
  readonly place?: Place | undefined;
}

export interface List {
  readonly kind: "list";
  readonly items: readonly Node[];
  readonly place?: Place | undefined;
}

export interface Mapping {
  readonly kind: "mapping";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly place?: Place | undefined;
}

/** One key of a mapping, with the place of the key itself. */
export interface Entry {
  readonly value: Node;
  readonly place?: Place | undefined;
}

export type Node = Scalar | List | Mapping;

/** Keys and indexes from the root to a node. */
export type Path = readonly (string | number)[];

/** The tree of a value made in memory: plain objects, arrays, strings, numbers, booleans, null. */
export function nodeOf(value: unknown): Node {
  if (typeof value === "string") return { kind: "scalar", text: value, plain: false };
  if (Array.isArray(value)) return { kind: "list", items: value.map(nodeOf) };
  if (typeof value === "object" && value !== null) {
    const entries = new Map<string, Entry>();
    for (const [key, child] of Object.entries(value)) {
      if (child !== undefined) entries.set(key, { value: nodeOf(child) });
    }
    return { kind: "mapping", entries };
  }
  return { kind: "scalar", text: String(value), plain: true };
}

/** The place of the deepest node that exists along the path, as the real Butane reports it. */
export function placeAt(root: Node, path: Path): Place | undefined {
  let node = root;
  for (const step of path) {
    const child =
      node.kind === "mapping"
        ? node.entries.get(String(step))?.value
        : node.kind === "list" && typeof step === "number"
          ? node.items[step]
          : undefined;
    if (child === undefined) break;
    node = child;
  }
  return node.place;
}
