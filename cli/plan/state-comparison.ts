/** Compares the state repository with the new state. Nothing is changed. */
import { isUrl } from "../../fleet/model/git-url.ts";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { makeTemporaryFolder } from "../../fleet/files/temporary-files.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import type { Changes } from "../publish/commit-message.ts";
import { atPath, OperationError } from "../../fleet/files/operation-error.ts";
import { maskCredentials } from "../terminal/mask.ts";
import { editOf, type FoundState } from "../publish/publish.ts";
import { fetchTip, readBlobs } from "../publish/remote-branch.ts";
import type { BranchTip, Destination } from "../publish/remote-branch.ts";
import type { FileChange } from "./object-changes.ts";
import { parseRegistration } from "./registration.ts";
import { deviceOf } from "./registration-differences.ts";

export interface StateComparison {
  /** As in the fleet file, with credentials masked. */
  readonly repository: string;
  /** Null if there is no such repository or branch yet. */
  readonly tip: string | null;
  readonly changes: Changes;
  /** Whether a publish makes a commit: also if only the list of Flotilla's files differs. */
  readonly publishes: boolean;
  /** The files that differ, with their texts. */
  readonly files: readonly FileChange[];
}

interface StateOptions {
  /** A Git URL, or a path relative to `directory`. */
  readonly remote: string;
  readonly branch: string;
  /** The folder of the fleet file. */
  readonly directory: string;
  /** Called with a line of progress. */
  readonly onProgress: (line: string) => void;
}

export interface StateComparisonOptions extends StateOptions {
  readonly tree: Tree;
}

/** @throws OperationError if the repository can't be reached, or a publish would be refused */
export async function compareState(options: StateComparisonOptions): Promise<StateComparison> {
  const { tree } = options;
  return atTip(options, async (destination, tip) =>
    comparisonOf(tree, { destination, tip, ...(await editOf(tree, tip, destination)) }),
  );
}

/** The comparison with a tip that is fetched already. */
export async function comparisonOf(
  tree: Tree,
  { destination, tip, edit, changes }: FoundState,
): Promise<StateComparison> {
  const publishes = edit.written.size + edit.removed.length > 0;
  const files = await filesOf(destination, tip, tree, changes);
  return { repository: destination.shown, tip: tip.commit ?? null, changes, publishes, files };
}

/**
 * The fingerprints of the images that the state repository has, by device name.
 *
 * @throws OperationError if the repository can't be reached
 */
export async function publishedImages(options: StateOptions): Promise<ReadonlyMap<string, string>> {
  return atTip(options, async (destination, tip) => {
    const registrations = [...tip.files].flatMap(([path, file]) => {
      const device = deviceOf(path);
      return device === undefined ? [] : [[device, file] as const];
    });
    const texts = await readBlobs(
      destination,
      registrations.map(([, file]) => file),
    );
    return new Map(
      registrations.flatMap(([device, { id }]) => {
        const image = parseRegistration(texts.get(id))?.image;
        return image ? [[device, image] as const] : [];
      }),
    );
  });
}

/** Fetches the tip of the branch into a temporary folder for `use`. */
async function atTip<Result>(
  options: StateOptions,
  use: (destination: Destination, tip: BranchTip) => Promise<Result>,
): Promise<Result> {
  const { branch, directory } = options;
  const shown = maskCredentials(options.remote);
  const remote = isUrl(options.remote) ? options.remote : resolve(directory, options.remote);
  const work = makeTemporaryFolder("plan");
  const destination: Destination = { remote, shown, branch, work, isReadOnly: true };
  try {
    return await use(destination, await tipOf(destination, options));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const nothing: BranchTip = { commit: undefined, files: new Map() };

async function tipOf(
  destination: Destination,
  { remote: named, onProgress }: StateOptions,
): Promise<BranchTip> {
  const { remote, shown } = destination;
  if (!isUrl(named) && isNothing(remote, shown)) return nothing;
  try {
    return await fetchTip(destination);
  } catch (error) {
    if (!(error instanceof OperationError) || !missing.test(error.message)) throw error;
    onProgress(
      `${shown}: Git finds no repository there, so everything counts as new. If there is one, you ` +
        "have no access to it",
    );
    return nothing;
  }
}

/** The messages of Git hosts for a missing repository. */
const missing = /repository [^\n]*not found|repository does not exist|could not be found/i;

/** Whether publish would create a repository here. */
function isNothing(path: string, shown: string): boolean {
  return atPath(shown, () => {
    if (!existsSync(path)) return true;
    return statSync(path).isDirectory() && readdirSync(path).length === 0;
  });
}

async function filesOf(
  destination: Destination,
  tip: BranchTip,
  tree: Tree,
  { added, changed, removed }: Changes,
): Promise<readonly FileChange[]> {
  const gone = [...changed, ...removed].flatMap((path) => tip.files.get(path) ?? []);
  const texts = await readBlobs(destination, gone);
  const paths = [...added, ...changed, ...removed].toSorted();
  return paths.map((path) => {
    const file = tip.files.get(path);
    return {
      path,
      before: file && (texts.get(file.id) ?? ""),
      after: tree.get(path),
    };
  });
}
