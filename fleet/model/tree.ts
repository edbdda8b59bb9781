/**
 * The files of a synthesis: relative POSIX path → text, sorted by path. A synthesis returns them;
 * only the command line writes them to disk.
 */
export type Tree = ReadonlyMap<string, string>;

/** The files sorted by path (by code unit, the same on every machine). */
export function sortedTree(files: Iterable<readonly [string, string]>): Tree {
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
