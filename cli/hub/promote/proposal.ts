/** Proposes a change of fleet.yaml as a commit, or as a branch for a pull request. */
import { basename, dirname } from "node:path";
import { writeFileAtomically } from "../../../fleet/files/atomic-file.ts";
import { OperationError, atPath } from "../../../fleet/files/operation-error.ts";
import { readFleetText } from "../../../fleet/resolve/load.ts";
import { git, gitOutput, networkEnvironment } from "../../publish/git.ts";
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
  readonly text: string;
  /** Subject of the commit. */
  readonly subject: string;
  /** `commit`: on the present branch; `branch`: on a new one, pushed to `origin`; `file`: neither. */
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
 * @throws OperationError if the file has uncommitted changes, or Git refuses; then it is not changed
 */
export async function propose(proposal: Proposal): Promise<Proposed> {
  const { file, text, as } = proposal;
  const folder = dirname(file);
  const inGit = (await git(folder, ["rev-parse", "--is-inside-work-tree"])).code === 0;
  if (as === "file" || !inGit) {
    if (as === "branch") {
      throw new OperationError(
        `${shownPath(file)} is not in a Git repository, so there is no place for a pull request`,
      );
    }
    atPath(file, () => writeFileAtomically(file, text));
    return { commit: null, branch: null, url: null };
  }
  await refuseUncommitted(folder, file);
  return as === "commit" ? commitHere(folder, proposal) : pushBranch(folder, proposal);
}

async function refuseUncommitted(folder: string, file: string): Promise<void> {
  const changes = await gitOutput(folder, ["status", "--porcelain", "--", basename(file)]);
  if (changes.trim() === "") return;
  throw new OperationError(
    `${shownPath(file)} has changes that are not committed. Commit them first, or write only the file: --no-commit`,
  );
}

async function commitHere(folder: string, { file, text, subject }: Proposal): Promise<Proposed> {
  const before = readFleetText(file);
  atPath(file, () => writeFileAtomically(file, text));
  const result = await git(folder, ["commit", "--quiet", "-m", subject, "--", basename(file)]);
  if (result.code !== 0) {
    atPath(file, () => writeFileAtomically(file, before));
    throw new OperationError(`git commit failed: ${result.message}`);
  }
  const commit = (await gitOutput(folder, ["rev-parse", "HEAD"])).trim();
  return { commit, branch: null, url: null };
}

/** Makes the commit without changing the work tree or the current branch. */
async function pushBranch(
  folder: string,
  { file, text, subject, branch }: Proposal,
): Promise<Proposed> {
  const output = async (args: readonly string[], options = {}): Promise<string> =>
    (await gitOutput(folder, args, options)).trim();
  const path = await output(["ls-files", "--full-name", "--", basename(file)]);
  if (path === "")
    throw new OperationError(`${shownPath(file)} is not in Git yet. Commit it first`);
  const mode = (await output(["ls-files", "--stage", "--", basename(file)])).split(" ", 1)[0];
  const blob = await output(["hash-object", "-w", "--stdin"], { input: [text] });
  const tree = await treeWith(folder, `${mode},${blob},${path}`);
  const commit = await output(["commit-tree", tree, "-p", "HEAD", "-m", subject]);
  const environment = await networkEnvironment(folder);
  const target = `${commit}:refs/heads/${branch}`;
  const pushed = await git(folder, ["push", "--porcelain", "origin", target], { environment });
  if (pushed.code !== 0) {
    throw new OperationError(`git push of ${branch} to origin failed: ${pushed.message}`);
  }
  // GitHub and GitLab answer a push of a new branch with the URL to open the request.
  const url = /https?:\/\/\S+/.exec(pushed.message)?.[0] ?? null;
  return { commit, branch, url };
}

/** HEAD's tree with one entry replaced, made with a temporary index. */
async function treeWith(folder: string, entry: string): Promise<string> {
  const { mkdtempSync, rmSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const place = mkdtempSync(join(tmpdir(), "flotilla-promote-"));
  const environment = { GIT_INDEX_FILE: join(place, "index") };
  try {
    await gitOutput(folder, ["read-tree", "HEAD"], { environment });
    // Paths in the index start at the top of the work tree, in any folder.
    await gitOutput(folder, ["update-index", "--cacheinfo", entry], { environment });
    return (await gitOutput(folder, ["write-tree"], { environment })).trim();
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
