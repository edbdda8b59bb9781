/** Runs the programs that a deployment needs: terraform, gcloud, git. No shell, no prompt. */
import { spawn } from "node:child_process";
import { childEnvironment } from "../../terminal/child-environment.ts";
import type { Session } from "../../terminal/session.ts";

export interface ProgramResult {
  /** The exit code; `missing` if there is no such program. */
  readonly code: number | "missing";
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each line of both outputs. @default no calls */
  readonly onLine?: (line: string) => void;
  /** Time limit. @default none */
  readonly timeoutSeconds?: number;
}

/** Runs a program. A failure of the program is a result, not an exception. */
export async function runProgram(
  program: string,
  args: readonly string[],
  session: Pick<Session, "environment">,
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const { directory, environment, onLine, timeoutSeconds } = options;
  const child = spawn(program, args, {
    ...(directory !== undefined && { cwd: directory }),
    env: { ...childEnvironment(program, session.environment), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { stdout: "", stderr: "" };
  const enders = (["stdout", "stderr"] as const).map((name) => {
    const end = lineSplitter(onLine);
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
      end(text);
    });
    return () => end("\n");
  });
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
    for (const end of enders) end();
    return { code, ...texts };
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", waits);
  }
}

/** Calls `onLine` with each complete line; an empty rest is not a line. */
function lineSplitter(onLine: ((line: string) => void) | undefined): (text: string) => void {
  let rest = "";
  return (text) => {
    if (onLine === undefined) return;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    // The end of the output adds a line end.
    const isOnlyEnd = text === "\n" && lines.length === 1 && lines[0] === "";
    if (!isOnlyEnd) for (const line of lines) onLine(line);
  };
}
