import type { StateComparison } from "../../../cli/plan/state-comparison.ts";
import type { Tree } from "../../../fleet/model/tree.ts";

/** Two states as if the first were published. */
export function comparisonOf(before: Tree, after: Tree): StateComparison {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const files = paths
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => ({ path, before: before.get(path), after: after.get(path) }));
  const pathsOf = (isWanted: (path: string) => boolean) =>
    files.map(({ path }) => path).filter(isWanted);
  return {
    repository: "https://git.harbor.example/fleet-state.git",
    tip: "0123456789abcdef0123456789abcdef01234567",
    changes: {
      added: pathsOf((path) => !before.has(path)),
      changed: pathsOf((path) => before.has(path) && after.has(path)),
      removed: pathsOf((path) => !after.has(path)),
    },
    publishes: files.length > 0,
    files,
  };
}
