/**
 * Publishes a tree to a branch of a Git repository: one commit that says what changed, or none.
 *
 * What Flotilla wrote earlier is known from the list in the repository (file-list.ts); everything
 * else in there is somebody else's and stays as it is. No clone is kept: each run fetches the tip of
 * the branch into a temporary repository (remote.ts), so that nothing can be stale or dirty and two
 * publishers on one machine can't meet. Nothing is ever forced: the remote refuses the push if the
 * branch has moved, and then all of it is done again on the new tip.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { sortedTree } from "../../fleet/model/tree.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { commitMessage } from "./commit.ts";
import type { Changes } from "./commit.ts";
import { OperationError, atPath } from "../../fleet/files/operation-error.ts";
import {
  fileListName,
  formatFileList,
  isTreePath,
  parseFileList,
} from "../../fleet/files/file-list.ts";
import { git, gitOutput } from "./git.ts";
import { maskCredentials } from "../terminal/mask.ts";
import { createIfMissing, fetchBase, isPlain, isUrl, makeCommit } from "./remote.ts";
import { push, readBlob, refusedPush, tipOf } from "./remote.ts";
import type { Base, BaseFile, Destination, Edit } from "./remote.ts";

export interface PublishOptions {
  /** A Git URL, or a path relative to `directory`; where nothing is, a repository is made. */
  readonly remote: string;
  readonly branch: string;
  /** The folder of the fleet file; its Git configuration names the author. */
  readonly directory: string;
  readonly tree: Tree;
  /** Told what is going on, one line each, for people. */
  readonly onProgress?: (line: string) => void;
}

export interface Publication {
  /** The remote as the user wrote it, credentials masked. */
  readonly remote: string;
  readonly branch: string;
  /** Id and subject of the commit that was pushed, or null where nothing had changed. */
  readonly commit: { readonly id: string; readonly subject: string } | null;
  /** The tree's files; the list of files that goes with them is not in here. */
  readonly changes: Changes;
}

/** How often all of it is done because somebody else pushed meanwhile. */
const attemptsMax = 5;

/** @throws OperationError with what to do; nothing of the remote is lost then */
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
  const work = atPath(tmpdir(), () => mkdtempSync(join(tmpdir(), "flotilla-publish-")));
  const destination: Destination = { remote, shown, branch, work };
  try {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const publication = await publishOnce(destination, tree, author);
      if (publication) return publication;
      onProgress(`Somebody else pushed to ${branch} meanwhile; doing it again on top of that`);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  throw new OperationError(
    `${shown}: ${attemptsMax} times another push to ${branch} came first, so nothing was ` +
      "published; publish again when it is quieter there",
  );
}

/** One attempt; undefined if the branch moved before the push arrived. */
async function publishOnce(
  destination: Destination,
  tree: Tree,
  author: string,
): Promise<Publication | undefined> {
  const { shown, branch } = destination;
  const base = await fetchBase(destination);
  const { edit, changes } = await editOf(tree, base, destination);
  if (edit.written.size + edit.removed.length === 0) {
    return { remote: shown, branch, commit: null, changes };
  }
  const message = commitMessage(changes);
  const id = await makeCommit(destination, base, edit, message, author);
  const reason = await push(destination, id);
  const tip = reason === undefined ? id : await tipOf(destination);
  // The answer to a push may be lost on its way: what counts is where the branch is.
  if (tip === id) {
    return { remote: shown, branch, commit: { id, subject: message.split("\n", 1)[0]! }, changes };
  }
  if (tip !== base.tip) return undefined;
  throw refusedPush(destination, reason ?? "");
}

/** What has to change in the base so that it holds the tree. */
export async function editOf(
  tree: Tree,
  base: Base,
  destination: Destination,
): Promise<{ readonly edit: Edit; readonly changes: Changes }> {
  const list = base.files.get(fileListName);
  const listText = list ? await readBlob(destination, list) : "";
  const owned = parseFileList(listText, `${destination.shown}: ${fileListName}`);
  refuseForeign(tree, base, owned, destination);
  const differs = (path: string, text: string): boolean => {
    const file = base.files.get(path);
    return !file || !isPlain(file) || file.id !== blobId(text, file);
  };
  const written = [...tree].filter(([path, text]) => differs(path, text));
  const removed = [...owned].filter((path) => !tree.has(path) && base.files.has(path)).toSorted();
  const changes = {
    added: written.map(([path]) => path).filter((path) => !base.files.has(path)),
    changed: written.map(([path]) => path).filter((path) => base.files.has(path)),
    removed,
  };
  const newList = formatFileList(tree.keys());
  if (differs(fileListName, newList)) written.push([fileListName, newList]);
  return { edit: { written: sortedTree(written), removed }, changes };
}

/** Git's name for a blob of this text, in the hash of the repository that `like` is from. */
function blobId(text: string, like: BaseFile): string {
  const bytes = Buffer.from(text);
  const hash = createHash(like.id.length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Files that are not ours stay as they are; where one is in the way, a person has to decide. */
function refuseForeign(
  tree: Tree,
  base: Base,
  owned: ReadonlySet<string>,
  { shown, branch }: Destination,
): void {
  const folders = new Set([...tree.keys()].flatMap(foldersAbove));
  const clashes = [...base.files].flatMap(([path, file]) => {
    if (owned.has(path) || path === fileListName) return [];
    const text = tree.get(path);
    // The same bytes harm nobody: the file becomes ours.
    const differs = text !== undefined && blobId(text, file) !== file.id;
    const inTheWay = folders.has(path) || foldersAbove(path).some((folder) => tree.has(folder));
    return differs || inTheWay ? [path] : [];
  });
  if (clashes.length === 0) return;
  const more = clashes.length > 5 ? ` and ${clashes.length - 5} more` : "";
  throw new OperationError(
    `${shown}: ${branch} holds files that Flotilla did not write, where it has to write its own: ` +
      `${clashes.slice(0, 5).join(", ")}${more}. Nothing was published. Move them away in that ` +
      `repository; if they are Flotilla's and only the list ${fileListName} was lost, restore it ` +
      "from the repository's history",
  );
}

/** `a/b/c` → `a`, `a/b`. */
function foldersAbove(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/**
 * Author and committer as `Name <mail> seconds zone`, by git's own rules and clock: what the user
 * has configured for the folder, else a name that says what did it.
 */
async function identityIn(directory: string): Promise<string> {
  const args = ["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"];
  const configured = await git(directory, args);
  if (configured.code === 0) return configured.stdout.trim();
  const environment = { GIT_AUTHOR_NAME: "flotilla", GIT_AUTHOR_EMAIL: "flotilla@localhost" };
  return (await gitOutput(directory, args, { environment })).trim();
}
