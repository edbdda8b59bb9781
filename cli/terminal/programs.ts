/** Runs the programs that a deployment needs: terraform, gcloud, git. No shell, no prompt. */
import { OperationError } from "../../fleet/files/operation-error.ts";
import { keepOutput, maskedLines, startProgram } from "./child-process.ts";
import { maskSecrets } from "./known-secrets.ts";
import type { Session } from "./session.ts";

export interface ProgramResult {
  /** The exit code; `missing` if there is no such program. */
  readonly code: number | "missing";
  /** As it was printed: it is parsed. */
  readonly stdout: string;
  /** Secrets masked. */
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Which program it is, if its path does not say so: `kubectl` for `/opt/kubectl-1.36`. */
  readonly name?: string;
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each line of both outputs, secrets masked. @default no calls */
  readonly onLine?: (line: string) => void;
  /** Time limit. @default none */
  readonly timeoutSeconds?: number;
}

/**
 * The JSON object that a program printed. What it is instead is not repeated: it may be secret.
 *
 * @param command for the message: `kubectl get nodes --output=json`
 * @throws OperationError if it is something else
 */
export function objectIn(command: string, stdout: string): object {
  try {
    const value: unknown = JSON.parse(stdout);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // The same error as for another value.
  }
  throw new OperationError(
    `${command} did not print a JSON object. Run it yourself to see what it prints; is it the right program?`,
  );
}

/** Runs a program. A failure of the program is a result, not an exception. */
export async function runProgram(
  program: string,
  args: readonly string[],
  session: Pick<Session, "environment">,
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const { name, directory, environment, onLine, timeoutSeconds } = options;
  const child = startProgram(program, args, {
    environment: session.environment,
    ...(name !== undefined && { name }),
    ...(directory !== undefined && { directory }),
    ...(environment && { variables: environment }),
  });
  child.stdin.on("error", () => {}).end();
  const stdout = keepOutput(child, child.stdout);
  const stderr = keepOutput(child, child.stderr);
  for (const output of [child.stdout, child.stderr])
    if (onLine !== undefined) maskedLines(output, onLine);
  // Not spawn's own `timeout`: for a missing program, its timer would keep this process alive.
  const timer =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => child.kill(), timeoutSeconds * 1000);
  // Ctrl+C reaches the program too, which stops cleanly: wait for it.
  const waits = () => {};
  process.on("SIGINT", waits);
  try {
    const code = await new Promise<ProgramResult["code"]>((resolve, reject) => {
      child.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") resolve("missing");
        else reject(error);
      });
      child.on("close", (status, signal) => resolve(signal === null ? (status ?? 1) : 130));
    });
    return {
      code,
      stdout: stdout().toString("utf8"),
      stderr: maskSecrets(stderr().toString("utf8")),
    };
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", waits);
  }
}
