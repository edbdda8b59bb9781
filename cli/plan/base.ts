/** The state repository as it is, beside the state as it will be. Nothing of either is changed. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Tree } from "../../fleet/model/tree.ts";
import type { Changes } from "../publish/commit.ts";
import { atPath, OperationError } from "../../fleet/files/operation-error.ts";
import { maskCredentials } from "../terminal/mask.ts";
import { editOf } from "../publish/publish.ts";
import { fetchBase, isUrl, readBlobs } from "../publish/remote.ts";
import type { Base, Destination } from "../publish/remote.ts";
import type { FileChange } from "./objects.ts";

export interface Comparison {
  /** As the user wrote it, credentials masked. */
  readonly repository: string;
  /** Null where there is no such repository or branch yet. */
  readonly tip: string | null;
  readonly changes: Changes;
  /** The texts of those that differ, by path. */
  readonly files: readonly FileChange[];
}

export interface ComparisonOptions {
  /** A Git URL, or a path relative to `directory`. */
  readonly remote: string;
  readonly branch: string;
  /** The folder of the fleet file. */
  readonly directory: string;
  readonly tree: Tree;
  /** Told what is going on, one line each, for people. */
  readonly onProgress: (line: string) => void;
}

/** @throws OperationError where the repository can't be reached, or a publish would be refused */
export async function compare(options: ComparisonOptions): Promise<Comparison> {
  const { branch, directory, tree } = options;
  const shown = maskCredentials(options.remote);
  const remote = isUrl(options.remote) ? options.remote : resolve(directory, options.remote);
  const work = atPath(tmpdir(), () => mkdtempSync(join(tmpdir(), "flotilla-plan-")));
  const destination: Destination = { remote, shown, branch, work };
  try {
    const base = await baseOf(destination, options);
    const { changes } = await editOf(tree, base, destination);
    const files = await filesOf(destination, base, tree, changes);
    return { repository: shown, tip: base.tip ?? null, changes, files };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const nothing: Base = { tip: undefined, files: new Map() };

async function baseOf(
  destination: Destination,
  { remote: named, onProgress }: ComparisonOptions,
): Promise<Base> {
  const { remote, shown } = destination;
  if (!isUrl(named) && isNothing(remote, shown)) return nothing;
  try {
    return await fetchBase(destination);
  } catch (error) {
    if (!(error instanceof OperationError) || !missing.test(error.message)) throw error;
    onProgress(
      `${shown}: Git finds no repository there, so everything counts as new. If there is one, you ` +
        "have no access to it",
    );
    return nothing;
  }
}

/** How Git's hosts say that they have no such repository. */
const missing = /repository [^\n]*not found|repository does not exist|could not be found/i;

/** What publish would make a repository of. */
function isNothing(path: string, shown: string): boolean {
  return atPath(shown, () => {
    if (!existsSync(path)) return true;
    return statSync(path).isDirectory() && readdirSync(path).length === 0;
  });
}

async function filesOf(
  destination: Destination,
  base: Base,
  tree: Tree,
  { added, changed, removed }: Changes,
): Promise<readonly FileChange[]> {
  const gone = [...changed, ...removed].flatMap((path) => base.files.get(path) ?? []);
  const texts = await readBlobs(destination, gone);
  const paths = [...added, ...changed, ...removed].toSorted();
  return paths.map((path) => {
    const file = base.files.get(path);
    return {
      path,
      before: file && (texts.get(file.id) ?? ""),
      after: tree.get(path),
    };
  });
}
