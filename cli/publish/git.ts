/**
 * Runs the programs `git` and `gpg`: no shell, no prompt, no credential in any text that comes back.
 */
import { OperationError, programFailure } from "../../fleet/files/operation-error.ts";
import { keepOutput, startProgram } from "../terminal/child-process.ts";
import { maskSecrets } from "../terminal/known-secrets.ts";

export interface GitResult {
  /** The exit code: 128 and more for git's own failures, 124 if it took too long. */
  readonly code: number;
  readonly stdout: string;
  /** The same before it was read as UTF-8. */
  readonly bytes: Buffer;
  /** What git said about it, secrets masked, without a line end. */
  readonly message: string;
}

export interface GitOptions {
  readonly input?: Iterable<string | Uint8Array>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Ends git after this time. */
  readonly timeoutSeconds?: number;
  /** Ends git after this time without a word from it: give it `--progress`, then a slow transfer continues. */
  readonly silenceSeconds?: number;
  /**
   * The directory is a bare repository of Flotilla's own. Git does not have to find it then, which
   * `safe.bareRepository=explicit` in the user's configuration would forbid.
   */
  readonly isBare?: boolean;
}

/** The exit code of a git that was ended because it took too long, as timeout(1) has it. */
const tooLate = 124;

/**
 * Runs git in `directory` and returns how it went.
 *
 * @throws OperationError if there is no git on this machine, or something else ended it
 */
export async function git(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitResult> {
  const place = ["-C", directory, ...(options.isBare ? ["--git-dir=."] : [])];
  return run("git", args[0] ?? "", [...place, ...args], {
    ...options,
    environment: { GIT_TERMINAL_PROMPT: "0", ...options.environment },
  });
}

/**
 * Runs GnuPG, or the program that the user's Git is configured to use, and returns how it went.
 *
 * @throws OperationError if it is not installed, or something else ended it
 */
export async function gnuPg(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitResult> {
  const names = ["gpg.program", "gpg.openpgp.program"];
  const { isBare = false } = options;
  const found = await Promise.all(
    names.map((name) => git(directory, ["config", "--get", name], { isBare })),
  );
  const program = found.findLast(({ code }) => code === 0)?.stdout.trim() || "gpg";
  return run(program, "", args, options);
}

async function run(
  program: string,
  command: string,
  args: readonly string[],
  options: GitOptions,
): Promise<GitResult> {
  const child = startProgram(program, args, {
    environment: gitEnvironment(process.env),
    variables: { LC_ALL: "C", ...options.environment },
  });
  const stdout = keepOutput(child, child.stdout);
  const stderr = keepOutput(child, child.stderr);
  let complaint: string | undefined;
  const giveUp = (reason: string) => {
    complaint = reason;
    child.kill();
    // A transport (ssh) that outlives git keeps these open.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  // Not by spawn's own `timeout`, whose clock keeps running even if git does not exist.
  const { timeoutSeconds, silenceSeconds } = options;
  const limit = timer(timeoutSeconds, () => giveUp(`no answer in ${timeoutSeconds} s`));
  const silence = timer(silenceSeconds, () => giveUp(`no progress for ${silenceSeconds} s`));
  for (const output of [child.stdout, child.stderr]) output.on("data", () => silence?.refresh());
  const closed = new Promise<number>((resolve, reject) => {
    child.on("error", (error) => reject(missingProgram(program, error)));
    child.on("close", (code, signal) => {
      if (complaint !== undefined) return resolve(tooLate);
      if (signal === null) return resolve(code ?? 1);
      const name = `${program} ${command}`.trim();
      reject(new OperationError(`${name} was ended by ${signal}; try again`));
    });
  }).finally(() => {
    clearTimeout(limit);
    clearTimeout(silence);
  });
  // Git may stop reading before the end; its exit code and message say why, not the broken pipe.
  child.stdin.on("error", () => {});
  for (const piece of options.input ?? []) child.stdin.write(piece);
  child.stdin.end();
  const code = await closed;
  const said = maskSecrets(withoutProgress(stderr().toString("utf8"))).trim();
  const message = complaint === undefined ? said : `${said}\n${complaint}`.trim();
  const bytes = stdout();
  return { code, stdout: bytes.toString("utf8"), bytes, message };
}

function timer(seconds: number | undefined, onEnd: () => void): NodeJS.Timeout | undefined {
  return seconds === undefined ? undefined : setTimeout(onEnd, seconds * 1000).unref();
}

/** What git reports of a transfer, as lines of their own or behind a carriage return. */
const progressLine =
  /^(remote: )?((Enumerating|Counting|Compressing|Writing|Receiving|Unpacking|Resolving) (objects|deltas):|Delta compression using|Total \d+ ).*$/;

function withoutProgress(text: string): string {
  const lines = text.split("\n").map((line) => line.trimEnd().split("\r").at(-1) ?? "");
  return lines.filter((line) => !progressLine.test(line)).join("\n");
}

/** As `git`, for what must succeed; returns what git printed. */
export async function gitOutput(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  const { code, stdout, message } = await git(directory, args, options);
  if (code !== 0) throw programFailure(`git ${args[0]} failed (${code})`, message);
  return stdout;
}

/**
 * For commands that talk to a remote: SSH asks nothing and does not wait for ever, unless the user
 * has an SSH command of their own.
 */
export async function networkEnvironment(
  directory: string,
): Promise<Readonly<Record<string, string>>> {
  const { GIT_SSH_COMMAND, GIT_SSH } = process.env;
  if (GIT_SSH_COMMAND ?? GIT_SSH) return {};
  const configured = await git(directory, ["config", "--get", "core.sshCommand"]);
  if (configured.code === 0) return {};
  return { GIT_SSH_COMMAND: "ssh -o BatchMode=yes -o ConnectTimeout=30" };
}

/** What ties git to the repository that a hook or a rebase runs in; ours is another one. */
const repositoryVariables = [
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_NAMESPACE",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_QUARANTINE_PATH",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
];

function gitEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = new Set(repositoryVariables);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.has(name)));
}

function missingProgram(program: string, error: Error): OperationError {
  if (error instanceof OperationError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const reason = code === "ENOENT" ? "it is not installed; install it" : error.message;
  return new OperationError(`${program} is needed to publish: ${reason}`, { cause: error });
}
