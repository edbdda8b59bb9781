/**
 * Runs the `git` program: no shell, no prompt, no credential in any text that comes back.
 */
import { spawn } from "node:child_process";
import { childEnvironment } from "../terminal/child-environment.ts";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { maskCredentials } from "../terminal/mask.ts";

export interface GitResult {
  /** The exit code; 128 and more for git's own failures. */
  readonly code: number;
  readonly stdout: string;
  /** The same before it was read as UTF-8. */
  readonly bytes: Buffer;
  /** What git said about it, credentials masked, without a line end. */
  readonly message: string;
}

export interface GitOptions {
  readonly input?: Iterable<string | Uint8Array>;
  readonly environment?: Readonly<Record<string, string>>;
  /** After how long an answer that does not come is given up; without it, never. */
  readonly timeoutSeconds?: number;
}

/**
 * Runs git in `directory` and returns how it went.
 *
 * @throws OperationError if there is no git on this machine, or it gave no answer in time
 */
export async function git(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitResult> {
  const child = spawn("git", ["-C", directory, ...args], {
    env: { ...gitEnvironment(process.env), ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  if (options.timeoutSeconds !== undefined) {
    // Not by spawn's own `timeout`, whose clock goes on to its end where there is no git.
    setTimeout(() => child.kill(), options.timeoutSeconds * 1000).unref();
  }
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const closed = new Promise<number>((resolve, reject) => {
    child.on("error", (error) => reject(missingGit(error)));
    child.on("close", (code, signal) => {
      if (signal === null) return resolve(code ?? 1);
      const seconds = options.timeoutSeconds;
      const reason = seconds ? `gave no answer in ${seconds} s` : `was ended by ${signal}`;
      reject(new OperationError(`git ${args[0]} ${reason}; nothing was changed, try again`));
    });
  });
  // Git may stop reading before the end; its exit code and message say why, not the broken pipe.
  child.stdin.on("error", () => {});
  for (const piece of options.input ?? []) child.stdin.write(piece);
  child.stdin.end();
  const code = await closed;
  const message = maskCredentials(Buffer.concat(stderr).toString("utf8")).trim();
  const bytes = Buffer.concat(stdout);
  return { code, stdout: bytes.toString("utf8"), bytes, message };
}

/** As `git`, for what must succeed; returns what git printed. */
export async function gitOutput(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  const { code, stdout, message } = await git(directory, args, options);
  if (code !== 0) throw new OperationError(`git ${args[0]} failed (${code}): ${message}`);
  return stdout;
}

/**
 * For commands that talk to a remote: SSH asks nothing and does not wait for ever, unless the user
 * has an SSH command of their own, and a stalled HTTP transfer is given up.
 */
export async function networkEnvironment(
  directory: string,
): Promise<Readonly<Record<string, string>>> {
  const { GIT_SSH_COMMAND, GIT_SSH } = process.env;
  const environment = { GIT_HTTP_LOW_SPEED_LIMIT: "1", GIT_HTTP_LOW_SPEED_TIME: "60" };
  if (GIT_SSH_COMMAND ?? GIT_SSH) return environment;
  const configured = await git(directory, ["config", "--get", "core.sshCommand"]);
  if (configured.code === 0) return environment;
  const ssh = "ssh -o BatchMode=yes -o ConnectTimeout=30";
  return { ...environment, GIT_SSH_COMMAND: ssh };
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
  const own: NodeJS.ProcessEnv = childEnvironment("git", environment);
  for (const name of repositoryVariables) delete own[name];
  return { ...own, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
}

function missingGit(error: Error): OperationError {
  const { code } = error as NodeJS.ErrnoException;
  const reason = code === "ENOENT" ? "there is none on this machine; install it" : error.message;
  return new OperationError(`git is needed to publish: ${reason}`, { cause: error });
}
