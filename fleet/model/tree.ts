/**
 * What a synthesis makes: relative POSIX path → text of the file, in the order of the paths.
 * A synthesis returns one; only the command line writes one to disk.
 */
export type Tree = ReadonlyMap<string, string>;

/** The same files in the order of their paths (by code unit, the same on every machine). */
export function sortedTree(files: Iterable<readonly [string, string]>): Tree {
  return new Map([...files].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
