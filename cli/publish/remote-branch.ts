/**
 * A branch of a remote Git repository: read its tip, put one commit on top, push.
 *
 * Everything happens in a temporary bare repository without a work tree, so no filter or line-end
 * setting changes bytes, and no clone can be stale or dirty.
 */
import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync } from "node:fs";
import { rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Tree } from "../../fleet/model/tree.ts";
import {
  atPath,
  OperationError,
  outputLines,
  programFailure,
} from "../../fleet/files/operation-error.ts";
import { removeStaleFiles } from "../../fleet/files/temporary-files.ts";
import type { SigningKey } from "../../fleet/model/fleet.ts";
import { git, gitOutput, networkEnvironment } from "./git.ts";
import { formatOfId, tryPush, type ObjectFormat } from "./push-trial.ts";
import { signatureProblem, signedCommit } from "./signature.ts";

export interface Destination {
  /** A URL or an absolute path, for git. */
  readonly remote: string;
  /** The same for output: as in the fleet file, with credentials masked. */
  readonly shown: string;
  readonly branch: string;
  /** A temporary folder of this run. */
  readonly work: string;
  /** Nothing will be pushed. @default it is published to */
  readonly isReadOnly?: boolean;
  /** This run made the repository, by Git's default. @default it was there */
  readonly isNew?: boolean;
}

/** The last commit of the branch. */
export interface BranchTip {
  /** Id of the commit; undefined if the branch does not exist yet. */
  readonly commit: string | undefined;
  readonly files: ReadonlyMap<string, TipFile>;
}

export interface TipFile {
  /** Git's mode, `100644` for a plain file. */
  readonly mode: string;
  /** Id of the blob: 40 hexadecimal digits, or 64 if the repository uses SHA-256. */
  readonly id: string;
}

/** The changes of a commit to the files of its parent. */
export interface Edit {
  readonly written: Tree;
  readonly removed: readonly string[];
}

const plainFile = "100644";
/** Names a commit of another repository. */
const submodule = "160000";

/** How long a remote may take for the short answer to `git ls-remote`. */
export const answerSecondsMax = 120;
/**
 * How long a fetch or a push may be silent. Git reports progress each second while bytes move. But
 * the last megabytes of a push are in the system's buffers then, and a hook of the remote takes time.
 */
export const silenceSecondsMax = 600;

/** Makes a bare repository at a path if nothing is there; returns whether it did. */
export async function createIfMissing(
  path: string,
  shown: string,
  branch: string,
): Promise<boolean> {
  const missing = atPath(shown, () => {
    if (!existsSync(path)) return true;
    if (statSync(path).isDirectory()) return readdirSync(path).length === 0;
    throw new OperationError(
      `${shown}: this is a file; set repository.push to a Git URL or to the path of a repository`,
    );
  });
  if (!missing) return false;
  // A link to an empty folder stays a link.
  const place = existsSync(path) ? realpathSync(path) : path;
  const folder = dirname(place);
  const name = basename(place);
  // It is made beside the path and then renamed, so an existing repository is complete, even after a full disk.
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
  atPath(shown, () => mkdirSync(folder, { recursive: true }));
  removeStaleFiles(folder, (target) => target === name);
  try {
    atPath(temporary, () => rmSync(temporary, { recursive: true, force: true }));
    await gitOutput(folder, ["init", "--quiet", "--bare", "--", temporary]);
    await gitOutput(temporary, ["symbolic-ref", "HEAD", `refs/heads/${branch}`], { isBare: true });
    return atPath(shown, () => renameNew(temporary, place));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** False if another run made the folder first. */
function renameNew(temporary: string, place: string): boolean {
  try {
    renameSync(temporary, place);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    throw error;
  }
}

/** Id of the branch's last commit; undefined if the branch does not exist yet. */
export async function remoteCommit({ remote, shown, branch, work, isReadOnly }: Destination) {
  const ref = `refs/heads/${branch}`;
  const { code, stdout, message } = await git(work, ["ls-remote", "--", remote, ref], {
    environment: await networkEnvironment(work),
    timeoutSeconds: answerSecondsMax,
  });
  if (code !== 0) {
    const again = isReadOnly
      ? "then try again"
      : "then publish again; what has arrived is not published twice";
    throw new OperationError(
      `${shown}: this repository can't be reached. Check its URL (repository in the fleet file), the ` +
        `network and your access, ${again}. Git says:`,
      { details: outputLines(message) },
    );
  }
  const line = stdout.split("\n").find((each) => each.endsWith(`\t${ref}`));
  return line?.split("\t", 1)[0];
}

/** Makes a new temporary repository and fetches the tip of the branch into it. */
export async function fetchTip(destination: Destination): Promise<BranchTip> {
  const { remote, shown, branch, work, isReadOnly } = destination;
  const commit = await remoteCommit(destination);
  const repository = repositoryOf(destination);
  rmSync(repository, { recursive: true, force: true });
  const known = commit === undefined ? await firstFormat(destination) : formatOfId(commit);
  const format = known === undefined ? [] : [`--object-format=${known}`];
  await gitOutput(work, ["init", "--quiet", "--bare", "--template=", ...format, repository]);
  if (commit === undefined) return { commit, files: new Map() };
  const refs = `+refs/heads/${branch}:refs/heads/tip`;
  const fetch = ["fetch", "--progress", "--no-tags", "--depth=1", "--", remote, refs];
  const environment = await networkEnvironment(work);
  const { code, message } = await git(repository, fetch, {
    environment,
    silenceSeconds: silenceSecondsMax,
    isBare: true,
  });
  if (code !== 0) {
    const again = isReadOnly ? "try again" : "nothing was published, try again";
    throw new OperationError(`${shown}: ${branch} can't be fetched; ${again}. Git says:`, {
      details: outputLines(message),
    });
  }
  return {
    // Not the first answer of the remote: the branch may have moved since.
    commit: (await gitOutput(repository, ["rev-parse", "tip"], { isBare: true })).trim(),
    files: await filesOf(repository),
  };
}

/** The format of a repository that does not have the branch yet; undefined for Git's default. */
async function firstFormat({
  remote,
  work,
  isReadOnly,
  isNew,
}: Destination): Promise<ObjectFormat | undefined> {
  if (isReadOnly || isNew) return undefined;
  const trial = await tryPush(remote, work, work);
  // The push itself will say what the problem is.
  return "format" in trial ? trial.format : undefined;
}

async function filesOf(repository: string): Promise<Map<string, TipFile>> {
  const files = new Map<string, TipFile>();
  const list = ["ls-tree", "-r", "-z", "--full-tree", "tip"];
  const listed = await gitOutput(repository, list, { isBare: true });
  for (const line of listed.split("\0").filter(Boolean)) {
    const [, mode = "", id = "", path = ""] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    files.set(path, { mode, id });
  }
  return files;
}

/** The text of a file of the tip. */
export async function readBlob(destination: Destination, file: TipFile): Promise<string> {
  return gitOutput(repositoryOf(destination), ["cat-file", "blob", file.id], { isBare: true });
}

/** The texts of files of the tip by the ids of their blobs, read by one process of git. */
export async function readBlobs(
  destination: Destination,
  files: readonly TipFile[],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const ids = [...new Set(files.filter(({ mode }) => mode !== submodule).map(({ id }) => id))];
  if (ids.length === 0) return texts;
  const input = [ids.map((id) => `${id}\n`).join("")];
  const repository = repositoryOf(destination);
  const { code, bytes, message } = await git(repository, ["cat-file", "--batch"], {
    input,
    isBare: true,
  });
  if (code !== 0) throw programFailure(`git cat-file failed (${code})`, message);
  // Each is `<id> blob <size>`, a line end, the bytes, a line end; git-cat-file(1).
  for (let start = 0; start < bytes.length;) {
    const headEnd = bytes.indexOf("\n", start);
    const [id = "", , size = ""] = bytes.toString("utf8", start, headEnd).split(" ");
    const end = headEnd + 1 + Number(size);
    texts.set(id, bytes.toString("utf8", headEnd + 1, end));
    start = end + 1;
  }
  return texts;
}

/** Whether a file is a regular one: not executable, no link, no submodule. */
export function isPlain(file: TipFile): boolean {
  return file.mode === plainFile;
}

/**
 * Makes a commit on top of the tip in the temporary repository.
 *
 * @param author `Name <mail> seconds zone`
 * @param signingKeys one of them signs it; undefined: it is not signed
 * @returns its id
 */
export async function makeCommit(
  destination: Destination,
  tip: BranchTip,
  edit: Edit,
  message: string,
  author: string,
  signingKeys?: readonly SigningKey[],
): Promise<string> {
  const repository = repositoryOf(destination);
  function* stream(): Generator<string | Uint8Array> {
    yield `commit refs/heads/next\nauthor ${author}\ncommitter ${author}\n`;
    yield* data(message);
    if (tip.commit !== undefined) yield "from refs/heads/tip^0\n";
    // Removals first, so that a file may become a folder.
    for (const path of edit.removed) yield `D ${path}\n`;
    for (const [path, text] of edit.written) {
      yield `M ${plainFile} inline ${path}\n`;
      yield* data(text);
    }
    yield "done\n";
  }
  const write = ["fast-import", "--quiet", "--done"];
  await gitOutput(repository, write, { input: stream(), isBare: true });
  const id = (await gitOutput(repository, ["rev-parse", "next"], { isBare: true })).trim();
  return signingKeys === undefined ? id : signedCommit(repository, id, signingKeys);
}

/** Why Argo CD would refuse the tip; undefined if one of the keys signed it. */
export async function tipProblem(
  destination: Destination,
  { commit }: BranchTip,
  keys: readonly SigningKey[],
): Promise<string | undefined> {
  return commit && signatureProblem(repositoryOf(destination), commit, keys);
}

function* data(text: string): Generator<string | Uint8Array> {
  const bytes = Buffer.from(text);
  yield `data ${bytes.length}\n`;
  yield bytes;
  yield "\n";
}

export interface Pushed {
  readonly isRefused: boolean;
  /** What the remote, a hook or Git says about it; empty if nothing. */
  readonly words: string;
}

/** Pushes the commit, never by force. */
export async function push(destination: Destination, commit: string): Promise<Pushed> {
  const { remote, branch, work } = destination;
  const { code, stdout, message } = await git(
    repositoryOf(destination),
    ["push", "--porcelain", "--progress", "--", remote, `${commit}:refs/heads/${branch}`],
    {
      environment: await networkEnvironment(work),
      silenceSeconds: silenceSecondsMax,
      isBare: true,
    },
  );
  return { isRefused: code !== 0, words: pushWords(stdout, message) };
}

/**
 * What a push says: the reason of a refusal, then the words of a hook here, then those of the remote and Git.
 *
 * @param stdout of `git push --porcelain`, into which a hook writes too
 */
export function pushWords(stdout: string, message: string): string {
  const lines = stdout.split("\n");
  // Only the reason, not the line with addresses.
  const reasons = lines.flatMap((line) => /^!\t.*\t(.*)$/.exec(line)?.[1] ?? []);
  const hook = lines.filter((line) => line !== "" && !/^(To |Done$|.\t)/.test(line));
  return [...reasons, ...hook, message].join("\n").trim();
}

/** The error for a push that was refused although the branch had not moved. */
export function refusedPush({ shown, branch }: Destination, reason: string): OperationError {
  const [, advice = "find out why, then publish again"] =
    refusals.find(([pattern]) => pattern.test(reason)) ?? [];
  return new OperationError(
    `${shown}: the push to ${branch} was refused, so nothing was published: ${advice}. Git says:`,
    { details: outputLines(reason) },
  );
}

const refusals: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /checked out/i,
    "the branch is checked out there; set repository.push to a bare repository, or run " +
      "`git config receive.denyCurrentBranch updateInstead` in that one",
  ],
  [
    /unstaged|uncommitted|not clean|working (directory|tree) has/i,
    "that repository has a work tree with uncommitted changes; commit or stash them " +
      "there, then publish again",
  ],
  [
    /hook declined|protected|GH\d{3}/i,
    "the rules of the remote forbid it; allow this user to push to the branch, or set " +
      "repository.branch to one that may be pushed",
  ],
  [
    /permission|denied|forbidden|error: 403\b|unable to create|read-only/i,
    "this user may read but not write there; get write access, then publish again",
  ],
  [/no space|quota/i, "the remote's disk is full; make room there, then publish again"],
];

function repositoryOf({ work }: Destination): string {
  return join(work, "repository.git");
}
