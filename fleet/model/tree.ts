/**
 * The files of a synthesis: relative POSIX path → text, sorted by path. A synthesis returns them;
 * only the command line writes them to disk.
 */
export type Tree = ReadonlyMap<string, string>;

/**
 * The files sorted by path (by code unit, the same on every machine).
 *
 * @throws Error if two of them have the same path: one would be lost
 */
export function sortedTree(files: Iterable<readonly [string, string]>): Tree {
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const tree = new Map(sorted);
  if (tree.size === sorted.length) return tree;
  const [path] = sorted.find(([each], index) => each === sorted[index + 1]?.[0]) ?? [];
  throw new Error(`a synthesis made a file twice: ${path}`);
}
