/**
 * The first module of the command line. A `validate` that would see what an earlier one saw prints what
 * that one printed; everything else is loaded only when it is needed.
 */
import { statSync } from "node:fs";
import {
  keepRun,
  knownRun,
  recordPlace,
  type Printed,
  type RecordPlace,
} from "./runs/run-record.ts";

/**
 * Runs the command line of a process and returns its exit code.
 *
 * @param args without node and script, `["image", "store-0001"]`
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  const place = commandOf(args) === "validate" ? recordPlace(inputsOf(args)) : undefined;
  if (place === undefined) return run(args);
  const known = knownRun(place);
  if (known === undefined) return runAndKeep(args, place);
  for (const [stream, text] of known) process[stream].write(text);
  return 0;
}

async function run(args: readonly string[]): Promise<number> {
  const { runProgram: runCommand } = await import("./main.ts");
  return runCommand(args);
}

async function runAndKeep(args: readonly string[], place: RecordPlace): Promise<number> {
  const { DiskTrace } = await import("./runs/disk-trace.ts");
  const trace = DiskTrace.start();
  const printed = capture();
  const code = await run(args);
  const seen = trace.end();
  if (code === 0 && seen !== undefined) keepRun(place, seen, printed);
  return code;
}

/** The first word that is neither an option nor the value of one. */
function commandOf(args: readonly string[]): string | undefined {
  const withValues = ["--fleet", "--environment"];
  return args.find(
    (arg, index) => !arg.startsWith("-") && !withValues.includes(args[index - 1] ?? ""),
  );
}

/** What a `validate` depends on beside the disk. Of the root key it asks only whether there is one. */
function inputsOf(args: readonly string[]): readonly unknown[] {
  const { env, version, stdout, stderr } = process;
  const program = [import.meta.filename, statSync(import.meta.filename).mtimeMs];
  const variables = [env.FLOTILLA_ENVIRONMENT, env.FLOTILLA_KEY !== undefined, env.HOME];
  const user = process.getuid?.();
  return [args, program, version, variables, user, stdout.isTTY, stderr.isTTY];
}

/** Notes from now on what is printed. */
function capture(): Printed {
  const printed: (readonly ["stdout" | "stderr", string])[] = [];
  for (const name of ["stdout", "stderr"] as const) {
    const stream = process[name];
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (text: string | Uint8Array, ...rest: unknown[]) => {
      printed.push([name, String(text)]);
      return write(text, ...rest);
    };
  }
  return printed;
}
