/**
 * Publishes a tree to a branch of a Git repository: one commit that says what changed, or none.
 *
 * The list in the repository (file-list.ts) names the files that Flotilla wrote; all other files are not
 * changed. No clone is kept: each run fetches the tip of the branch into a temporary repository
 * (remote-branch.ts), so nothing can be stale or dirty, and two runs on one machine do not conflict.
 * No push is forced: the remote refuses it if the branch has moved. Then everything is done again on
 * the new tip.
 */
import { isUrl } from "../../fleet/model/git-url.ts";
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { makeTemporaryFolder } from "../../fleet/files/temporary-files.ts";
import type { SigningKey } from "../../fleet/model/fleet.ts";
import { stateFolders } from "../../fleet/model/state-layout.ts";
import { sortedTree } from "../../fleet/model/tree.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { commitMessage } from "./commit-message.ts";
import type { Changes } from "./commit-message.ts";
import { OperationError } from "../../fleet/files/operation-error.ts";
import {
  fileListName,
  formatFileList,
  isTreePath,
  parseFileList,
} from "../../fleet/files/file-list.ts";
import { git, gitOutput } from "./git.ts";
import { maskCredentials } from "../terminal/mask.ts";
import { createIfMissing, fetchTip, isPlain, makeCommit } from "./remote-branch.ts";
import { push, readBlob, refusedPush, remoteCommit, tipProblem } from "./remote-branch.ts";
import type { BranchTip, Destination, Edit, TipFile } from "./remote-branch.ts";

export interface PublishOptions {
  /** A Git URL, or a path relative to `directory`; a repository is made if nothing is there. */
  readonly remote: string;
  readonly branch: string;
  /** The folder of the fleet file; its Git configuration names the author. */
  readonly directory: string;
  readonly tree: Tree;
  /** One of them signs each commit. @default commits are not signed */
  readonly signingKeys?: readonly SigningKey[] | undefined;
  /** Called with a line of progress. */
  readonly onProgress?: (line: string) => void;
  /** Checks the current state before it is changed; throws to leave it unchanged. */
  readonly review?: (found: FoundState) => Promise<void>;
}

/** The tip of the branch in a temporary repository, and how the tree differs from it. */
export interface FoundState {
  readonly destination: Destination;
  readonly tip: BranchTip;
  readonly edit: Edit;
  readonly changes: Changes;
}

export interface Publication {
  /** The remote as in the fleet file, with credentials masked. */
  readonly remote: string;
  readonly branch: string;
  /** Id and subject of the pushed commit; null if nothing had changed. */
  readonly commit: { readonly id: string; readonly subject: string } | null;
  /** Files of the tree, without the list of files. */
  readonly changes: Changes;
}

/** Attempts if others push at the same time. */
const attemptsMax = 5;

/** @throws OperationError with the fix; the remote is not changed then */
export async function publish(options: PublishOptions): Promise<Publication> {
  const { branch, directory, tree, onProgress = () => {} } = options;
  for (const path of tree.keys()) {
    if (!isTreePath(path)) throw new Error(`a synthesis made a file with an invalid path: ${path}`);
  }
  const shown = maskCredentials(options.remote);
  const remote = isUrl(options.remote) ? options.remote : resolve(directory, options.remote);
  const created = !isUrl(options.remote) && (await createIfMissing(remote, shown, branch));
  if (created) onProgress(`Made the Git repository ${shown}`);
  const author = await identityIn(directory);
  const work = makeTemporaryFolder("publish");
  const destination: Destination = { remote, shown, branch, work, isNew: created };
  let reviewed: string | undefined;
  const review = async (found: FoundState) => {
    const { commit } = found.tip;
    if (commit !== undefined && commit !== reviewed) await options.review?.(found);
    reviewed = commit;
  };
  try {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const publication = await publishOnce(destination, options, author, review);
      if (publication) return publication;
      onProgress(`Somebody else pushed to ${branch} at the same time; trying again on top of that`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  throw new OperationError(
    `${shown}: ${attemptsMax} times another push to ${branch} came first, so nothing was ` +
      "published; try again later",
  );
}

/** One attempt; undefined if the branch moved before the push arrived. */
async function publishOnce(
  destination: Destination,
  { tree, signingKeys, onProgress }: PublishOptions,
  author: string,
  review: (found: FoundState) => Promise<void>,
): Promise<Publication | undefined> {
  const { shown, branch } = destination;
  const tip = await fetchTip(destination);
  const { edit, changes } = await editOf(tree, tip, destination);
  const unsigned = signingKeys && (await tipProblem(destination, tip, signingKeys));
  if (unsigned !== undefined) refuseUnsigned(tree, tip, edit, destination, unsigned);
  const isSame = edit.written.size + edit.removed.length === 0;
  if (isSame && unsigned === undefined) {
    return { remote: shown, branch, commit: null, changes };
  }
  await review({ destination, tip, edit, changes });
  const message = isSame ? "Sign the state of the fleet\n" : commitMessage(changes);
  const id = await makeCommit(destination, tip, edit, message, author, signingKeys);
  const { isRefused, words } = await push(destination, id);
  const commit = isRefused ? await remoteCommit(destination) : id;
  // The answer to a push may be lost: the state of the branch counts.
  if (commit === id) {
    if (words !== "") onProgress?.(words);
    return { remote: shown, branch, commit: { id, subject: message.split("\n", 1)[0]! }, changes };
  }
  if (commit !== tip.commit) return undefined;
  throw refusedPush(destination, words);
}

/** The changes to the tip that make it contain the tree. */
export async function editOf(
  tree: Tree,
  tip: BranchTip,
  destination: Destination,
): Promise<{ readonly edit: Edit; readonly changes: Changes }> {
  const list = tip.files.get(fileListName);
  const listText = list ? await readBlob(destination, list) : "";
  const owned = parseFileList(listText, `${destination.shown}: ${fileListName}`);
  refuseForeign(tree, tip, owned, destination);
  const differs = (path: string, text: string): boolean => {
    const file = tip.files.get(path);
    return !file || !isPlain(file) || file.id !== blobId(text, file);
  };
  const written = [...tree].filter(([path, text]) => differs(path, text));
  const removed = [...owned].filter((path) => !tree.has(path) && tip.files.has(path)).toSorted();
  const changes = {
    added: written.map(([path]) => path).filter((path) => !tip.files.has(path)),
    changed: written.map(([path]) => path).filter((path) => tip.files.has(path)),
    removed,
  };
  const newList = formatFileList(tree.keys());
  if (differs(fileListName, newList)) written.push([fileListName, newList]);
  return { edit: { written: sortedTree(written), removed }, changes };
}

/** Git's id of a blob with this text, in the hash of the repository of `like`. */
function blobId(text: string, like: TipFile): string {
  const bytes = Buffer.from(text);
  const hash = createHash(like.id.length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Refuses if a file that Flotilla did not write is at a path of the tree: a person must decide. */
function refuseForeign(
  tree: Tree,
  tip: BranchTip,
  owned: ReadonlySet<string>,
  { shown, branch }: Destination,
): void {
  const folders = new Set([...tree.keys()].flatMap(foldersAbove));
  const clashes = [...tip.files].flatMap(([path, file]) => {
    if (owned.has(path) || path === fileListName) return [];
    const text = tree.get(path);
    // A file with the same bytes is added to the list.
    const differs = text !== undefined && blobId(text, file) !== file.id;
    const inTheWay = folders.has(path) || foldersAbove(path).some((folder) => tree.has(folder));
    return differs || inTheWay ? [path] : [];
  });
  if (clashes.length === 0) return;
  const more = clashes.length > 5 ? ` and ${clashes.length - 5} more` : "";
  throw new OperationError(
    `${shown}: ${branch} contains files that Flotilla did not write, at paths that it must write: ` +
      `${clashes.slice(0, 5).join(", ")}${more}. Nothing was published. Move them in that ` +
      `repository; if they are Flotilla's and only the list ${fileListName} was lost, restore it ` +
      "from the repository's history",
  );
}

/**
 * Refuses if a new signature would vouch for a file of somebody else that nobody signed. Argo CD looks at the
 * last commit only, and reads the folders of the state.
 */
function refuseUnsigned(
  tree: Tree,
  tip: BranchTip,
  { removed }: Edit,
  { shown, branch }: Destination,
  problem: string,
): void {
  const gone = new Set(removed);
  const others = [...tip.files.keys()].filter((path) => {
    const [top = ""] = path.split("/", 1);
    const isRead = stateFolders.has(top) || /(^|\/)\.git(attributes|modules)$/.test(path);
    return isRead && !tree.has(path) && !gone.has(path) && path !== fileListName;
  });
  if (others.length === 0) return;
  const more = others.length > 5 ? ` and ${others.length - 5} more` : "";
  throw new OperationError(
    `${shown}: the last commit of ${branch} was not signed with a key of repository.signing (${problem}), ` +
      `and has files that Flotilla did not write: ${others.slice(0, 5).join(", ")}${more}. Nothing was ` +
      "published, because the new signature would make Argo CD apply them. Remove them there, or read " +
      "them and sign them: git commit --allow-empty --gpg-sign, git push",
  );
}

/** `a/b/c` → `a`, `a/b`. */
function foldersAbove(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/**
 * Author and committer as `Name <mail> seconds zone`, by git's own rules and clock: the user's
 * configuration for the folder, or else "flotilla".
 */
async function identityIn(directory: string): Promise<string> {
  const args = ["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"];
  const configured = await git(directory, args);
  if (configured.code === 0) return configured.stdout.trim();
  const environment = { GIT_AUTHOR_NAME: "flotilla", GIT_AUTHOR_EMAIL: "flotilla@localhost" };
  return (await gitOutput(directory, args, { environment })).trim();
}
