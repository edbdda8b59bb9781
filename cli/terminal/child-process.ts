/**
 * The only place that starts other programs: without a shell, with the variables that a program reads,
 * and with every secret that the run knows noted, so that it can be masked in what the program prints.
 */
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import type { Readable } from "node:stream";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { childEnvironment, commandEnvironment, withheldValues } from "./child-environment.ts";
import { keepCredentials, keepEnvironment, keepSecret, maskSecrets } from "./known-secrets.ts";

export interface ChildOptions {
  /** By whose name the variables are chosen. @default the program's own */
  readonly name?: string;
  /** The environment of the session. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Added to the variables that the program gets. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
  /** Whether it stays when Ctrl+C ends the command. @default false */
  readonly detached?: boolean;
}

/** Starts a program with pipes for its input and outputs. What it prints is masked by the caller. */
export function startProgram(
  program: string,
  args: readonly string[],
  { name = program, environment, variables, directory, detached = false }: ChildOptions,
): ChildProcessWithoutNullStreams {
  keepEnvironment(environment);
  for (const value of withheldValues(environment)) keepSecret(value);
  for (const arg of args) keepCredentials(arg);
  return spawn(program, args, {
    ...(directory !== undefined && { cwd: directory }),
    env: { ...childEnvironment(name, environment), ...variables },
    stdio: ["pipe", "pipe", "pipe"],
    detached,
  });
}

/** The limit of one output of a program. Argo CD's applications of 10,000 devices are 200 MiB. */
const outputBytesMax = 256 * 2 ** 20;

/**
 * Keeps what a program prints until it is asked for. A program that prints too much is ended, and gets
 * an event "error" with an OperationError.
 */
export function keepOutput(child: ChildProcess, output: Readable): () => Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  output.on("data", (chunk: Buffer | string) => {
    length += Buffer.byteLength(chunk);
    if (length <= outputBytesMax) return chunks.push(Buffer.from(chunk));
    output.destroy();
    child.kill();
    const message = `${child.spawnfile} prints more than ${outputBytesMax / 2 ** 20} MiB`;
    return child.emit("error", new OperationError(message));
  });
  return () => Buffer.concat(chunks);
}

/** Starts a command that the user gave. It has the terminal: nothing of it is masked. */
export function startCommand(
  program: string,
  args: readonly string[],
  { environment, variables }: Pick<ChildOptions, "environment" | "variables">,
): ChildProcess {
  const env = { ...commandEnvironment(environment), ...variables };
  return spawn(program, args, { env, stdio: "inherit" });
}

/** A line that may be continued by the next one: a secret can be broken into lines, or be in a dump. */
const continued =
  /[\w+/=-]{12,}\s*$|(?:[\da-f]{2,8}[ :]){4,}[\da-f]{2,8}\s*$|-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/i;
/** Lines that are held back together at most, and for how long. */
const heldMax = 1000;
const heldMilliseconds = 300;

/** Calls `onLine` with each line of an output, without secrets, even those that go over several lines. */
export function maskedLines(output: Readable, onLine: (line: string) => void): void {
  let rest = "";
  let held: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    if (held.length > 0) for (const line of maskSecrets(held.join("\n")).split("\n")) onLine(line);
    held = [];
  };
  output.setEncoding("utf8");
  output.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      held.push(line);
      const isKey = held.some((each) => each.includes("PRIVATE KEY-----"));
      const isWhole = !continued.test(line) && (!isKey || held.join().includes("-----END "));
      if (isWhole || held.length >= heldMax) flush();
    }
    clearTimeout(timer);
    timer = setTimeout(flush, heldMilliseconds).unref();
  });
  output.on("end", () => {
    if (rest !== "") held.push(rest);
    rest = "";
    flush();
  });
}
