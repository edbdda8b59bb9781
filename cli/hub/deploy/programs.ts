/** Runs the programs that a deployment needs: terraform, gcloud, git. No shell, no prompt. */
import { spawn } from "node:child_process";
import { childEnvironment } from "../../terminal/child-environment.ts";
import type { Session } from "../../terminal/session.ts";

export interface ProgramResult {
  /** The exit code; `missing` where there is no such program on this machine. */
  readonly code: number | "missing";
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Told every line of both outputs as it comes. @default nobody */
  readonly onLine?: (line: string) => void;
  /** After how long it is given up. @default never */
  readonly timeoutSeconds?: number;
}

/** How a program went. It never throws for the program's own failure. */
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
  // Not by spawn's own `timeout`: where there is no such program, its clock would go on to the end
  // and keep this process alive.
  const clock =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => child.kill(), timeoutSeconds * 1000);
  // Ctrl+C reaches the program too, which stops in order and keeps its records: wait for it.
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
    clearTimeout(clock);
    process.off("SIGINT", waits);
  }
}

/** Calls `onLine` with each line; what has no end yet waits for it, and an empty rest is none. */
function lineSplitter(onLine: ((line: string) => void) | undefined): (text: string) => void {
  let rest = "";
  return (text) => {
    if (onLine === undefined) return;
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    // The end of the output adds an end of line of its own.
    const isOnlyEnd = text === "\n" && lines.length === 1 && lines[0] === "";
    if (!isOnlyEnd) for (const line of lines) onLine(line);
  };
}
