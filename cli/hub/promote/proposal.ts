/** Proposes a change of fleet.yaml as a commit, or as a branch for a pull request. */
import { rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { atPath, OperationError, outputLines } from "../../../fleet/files/operation-error.ts";
import { makeTemporaryFolder } from "../../../fleet/files/temporary-files.ts";
import { linkedFile, writeUserFile } from "../../../fleet/files/user-file.ts";
import { readFleetText } from "../../../fleet/resolve/load.ts";
import { git, gitOutput, networkEnvironment } from "../../publish/git.ts";
import { answerSecondsMax, pushWords, silenceSecondsMax } from "../../publish/remote-branch.ts";
import { shownPath } from "../../terminal/session.ts";

/** The options of every command that proposes a change of the fleet file. */
export interface ProposalOptions {
  /** False: the file is written and nothing is committed. */
  readonly commit: boolean;
  readonly pullRequest?: boolean;
  readonly dryRun?: boolean;
}

export interface Proposal {
  /** Path of fleet.yaml. */
  readonly file: string;
  /**
   * The new text of the file.
   *
   * @param source where the text is from, for errors
   */
  readonly edit: (text: string, source: string) => string;
  /** Subject of the commit. */
  readonly subject: string;
  /** `commit`: on the current branch; `branch`: on a new one, pushed to `origin`; `file`: neither. */
  readonly as: "commit" | "branch" | "file";
  /** Name of the new branch. */
  readonly branch: string;
}

export interface Proposed {
  /** Id of the commit; null if only the file was written. */
  readonly commit: string | null;
  /** The branch that was pushed, or null. */
  readonly branch: string | null;
  /** URL to open the pull request, from the server's answer, or null. */
  readonly url: string | null;
}

/**
 * Writes the file and commits only it. Other changes in the folder are not touched.
 *
 * @param onProgress gets the words of hooks
 * @throws OperationError if the file has uncommitted changes, no branch is checked out, or Git
 *   refuses; then it is not changed
 */
export async function propose(
  proposal: Proposal,
  onProgress: (line: string) => void,
): Promise<Proposed> {
  const { edit, as } = proposal;
  // Git has the file that a symbolic link names, and of the link its text only.
  const file = atPath(proposal.file, () => linkedFile(proposal.file));
  const folder = dirname(file);
  if (as === "file" || !(await isInRepository(folder))) {
    if (as === "branch") {
      throw new OperationError(
        `${shownPath(file)} is not in a Git repository, so a pull request is not possible`,
      );
    }
    atPath(file, () => writeUserFile(file, edit(readFleetText(file), shownPath(file))));
    return { commit: null, branch: null, url: null };
  }
  await currentBranch(folder);
  await refuseUncommitted(folder, file);
  const make = as === "commit" ? commitHere : pushBranch;
  return make(folder, { ...proposal, file }, onProgress);
}

/**
 * Whether the folder is in a repository.
 *
 * @throws OperationError if it is, and Git refuses to use it: one of another user, or a damaged one
 */
export async function isInRepository(folder: string): Promise<boolean> {
  const { code, message } = await git(folder, ["rev-parse", "--is-inside-work-tree"]);
  if (code === 0) return true;
  if (/not a git repository/i.test(message)) return false;
  throw gitFailure("Git can't use this repository, and nothing was changed.", code, message);
}

async function refuseUncommitted(folder: string, file: string): Promise<void> {
  const changes = await gitOutput(folder, ["status", "--porcelain", "--", basename(file)]);
  if (changes.trim() === "") return;
  throw new OperationError(
    `${shownPath(file)} has changes that are not committed. Commit them first, or write only the file: --no-commit`,
  );
}

async function commitHere(
  folder: string,
  { file, edit, subject }: Proposal,
  onProgress: (line: string) => void,
): Promise<Proposed> {
  const before = readFleetText(file);
  atPath(file, () => writeUserFile(file, edit(before, shownPath(file))));
  const undo = () => atPath(file, () => writeUserFile(file, before));
  const args = ["commit", "--quiet", "-m", subject, "--", basename(file)];
  const result = await git(folder, args).catch((error: unknown) => {
    // A signal ended Git, or its hook.
    undo();
    throw error;
  });
  if (result.code !== 0) {
    undo();
    throw gitFailure(
      `the commit was refused, and nothing was changed.`,
      result.code,
      result.message,
    );
  }
  if (result.message !== "") onProgress(result.message);
  const commit = (await gitOutput(folder, ["rev-parse", "HEAD"])).trim();
  return { commit, branch: null, url: null };
}

/** A branch of `origin`, by its last commit. */
interface Base {
  readonly branch: string;
  readonly commit: string;
}

/**
 * Makes the commit on top of origin's default branch, without changing the work tree, the index or any
 * branch here. So the pull request contains only this commit, without others that are not pushed yet.
 */
async function pushBranch(
  folder: string,
  { file, edit, subject, branch }: Proposal,
  onProgress: (line: string) => void,
): Promise<Proposed> {
  const output = async (args: readonly string[], options = {}): Promise<string> =>
    (await gitOutput(folder, args, options)).trim();
  // Without -z, Git quotes names with letters outside ASCII.
  const listed = await gitOutput(folder, ["ls-files", "-z", "--full-name", "--", basename(file)]);
  const [path = ""] = listed.split("\0");
  if (path === "") {
    throw new OperationError(`${shownPath(file)} is not in Git yet. Commit it first`);
  }
  const environment = await networkEnvironment(folder);
  const base = await fetchBase(folder, environment);
  const entry = await output(["ls-tree", "--full-tree", base.commit, "--", path]);
  const [, mode, old] = /^(\d+) blob ([0-9a-f]+)\t/.exec(entry) ?? [];
  if (mode === undefined || old === undefined) {
    throw new OperationError(
      `the branch ${base.branch} of origin has no file ${path}. Push it there first`,
    );
  }
  const text = edit(await gitOutput(folder, ["cat-file", "blob", old]), `origin's ${base.branch}`);
  const blob = await output(["hash-object", "-w", "--stdin"], { input: [text] });
  const tree = await treeWith(folder, base.commit, `${mode},${blob},${path}`);
  const commit = await output(["commit-tree", tree, "-p", base.commit, "-m", subject]);
  const target = `${commit}:refs/heads/${branch}`;
  const only = ["--no-follow-tags", "--recurse-submodules=no"];
  const push = ["push", "--porcelain", ...only, "origin", target];
  const { code, stdout, message } = await git(folder, push, {
    environment,
    timeoutSeconds: silenceSecondsMax,
  });
  const words = pushWords(stdout, message);
  if (code !== 0) throw pushFailure(branch, code, words);
  // GitHub and GitLab answer a push of a new branch with the URL to open the request.
  const url = /https?:\/\/\S+/.exec(message)?.[0] ?? null;
  if (words !== "") onProgress(words);
  return { commit, branch, url };
}

function pushFailure(branch: string, code: number, words: string): OperationError {
  const isThere = /non-fast-forward|fetch first/.test(words);
  const advice = isThere
    ? " If origin has this branch already, its pull request is open: merge it, or delete the branch."
    : "";
  return gitFailure(
    `git push of ${branch} to origin failed, and nothing was changed.${advice}`,
    code,
    words,
  );
}

/** An error with the words of Git and of the hooks that it ran. */
function gitFailure(failure: string, code: number, words: string): OperationError {
  if (words !== "") {
    return new OperationError(`${failure} Git says:`, { details: outputLines(words) });
  }
  const message = `${failure} Git ended with ${code} and gave no reason; a hook may have refused it`;
  return new OperationError(message);
}

/** Fetches origin's default branch, or the current one if origin has no default. */
async function fetchBase(
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<Base> {
  const current = `refs/heads/${await currentBranch(folder)}`;
  const heads = ["ls-remote", "--symref", "origin", "HEAD", current];
  const listed = await git(folder, heads, { environment, timeoutSeconds: answerSecondsMax });
  if (listed.code !== 0) {
    throw gitFailure(
      `origin can't be reached, and nothing was changed.`,
      listed.code,
      listed.message,
    );
  }
  const lines = listed.stdout.split("\n").map((line) => line.split("\t"));
  const named = (ref: string) =>
    lines.find(([id, name]) => name === ref && !id?.startsWith("ref:"));
  const head = /^ref: (\S+)\tHEAD$/m.exec(listed.stdout)?.[1];
  const ref = head !== undefined && named("HEAD") !== undefined ? head : current;
  const commit = (named("HEAD") ?? named(current))?.[0];
  if (commit === undefined) {
    throw new OperationError("origin has no branch yet. Push the current one first");
  }
  const fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "origin"];
  const { code, message } = await git(folder, [...fetch, ref], {
    environment,
    timeoutSeconds: silenceSecondsMax,
  });
  if (code !== 0) {
    throw gitFailure(`origin can't be fetched, and nothing was changed.`, code, message);
  }
  return { branch: ref.replace(/^refs\/heads\//, ""), commit };
}

/** A commit on a detached HEAD belongs to no branch and is lost at the next switch. */
async function currentBranch(folder: string): Promise<string> {
  const { code, stdout } = await git(folder, ["symbolic-ref", "--quiet", "--short", "HEAD"]);
  if (code === 0) return stdout.trim();
  throw new OperationError(
    "HEAD is detached: no branch is checked out here, so the commit would be on no branch. Check one " +
      "out (git switch main), or write only the file: --no-commit",
  );
}

/** A commit's tree with one entry replaced, made with a temporary index. */
async function treeWith(folder: string, commit: string, entry: string): Promise<string> {
  const place = makeTemporaryFolder("promote");
  const environment = { GIT_INDEX_FILE: join(place, "index") };
  try {
    await gitOutput(folder, ["read-tree", commit], { environment });
    // Paths in the index start at the top of the work tree, in any folder.
    await gitOutput(folder, ["update-index", "--cacheinfo", entry], { environment });
    return (await gitOutput(folder, ["write-tree"], { environment })).trim();
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
