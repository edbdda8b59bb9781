/** Runs a command of Flotilla as its user would, and says what the whole process used. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface Usage {
  /** User and system time of the process, seconds. */
  readonly cpuSeconds: number;
  /** The same of the programs that it ran, such as git. Linux only. */
  readonly childSeconds: number;
  readonly wallSeconds: number;
  /** Peak resident memory, MiB. */
  readonly peakMebibytes: number;
}

/** The bundle that the package has too: a checkout looks at all of its sources before it starts one. */
const bundle = pathToFileURL(join(import.meta.dirname, "..", "..", "cli", "bundle.mjs")).href;
const { program } = (await import(bundle)) as { program: () => Promise<string> };
const entry = await program();

/**
 * @param exitCode what the command must end with
 * @param environment is added to that of this process
 * @throws Error with the command's own words where it ends with another one
 */
export function measured(
  directory: string,
  args: readonly string[],
  exitCode = 0,
  environment: Readonly<Record<string, string>> = {},
): Usage {
  const scratch = mkdtempSync(join(tmpdir(), "flotilla-bench-"));
  const report = join(scratch, "usage.json");
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      "--import",
      join(import.meta.dirname, "usage.mjs"),
      join(import.meta.dirname, "packed.mjs"),
      entry,
      ...args,
    ],
    {
      cwd: directory,
      encoding: "utf8",
      env: { ...process.env, ...environment, FLOTILLA_BENCH_USAGE: report },
      maxBuffer: 2 ** 28,
    },
  );
  const wallSeconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (status !== exitCode)
    throw new Error(`flotilla ${args.join(" ")} exited with ${status}:\n${stderr}`);
  const { peakKibibytes, ...usage } = JSON.parse(readFileSync(report, "utf8")) as Pick<
    Usage,
    "cpuSeconds" | "childSeconds"
  > & { readonly peakKibibytes: number };
  rmSync(scratch, { recursive: true });
  return { ...usage, wallSeconds, peakMebibytes: peakKibibytes / 1024 };
}

/** CPU seconds of Node's start alone, which every command of Flotilla contains. */
export function startSeconds(): number {
  const run = () => childSeconds(execFileSync("bash", ["-c", script], { encoding: "utf8" }));
  const script = `"${process.execPath}" --eval 0\ntimes`;
  return median([run(), run(), run()]);
}

/** What a command costs besides its own time. */
export interface Surroundings<Result> {
  readonly result: Result;
  /** What the process and its children gave to the file systems, bytes. */
  readonly writtenBytes: number;
  /** The time of all processors together, whoever used them: what the kernel writes later is in it. */
  readonly machineSeconds: number;
  /** Until everything is on the disk. */
  readonly wallSeconds: number;
}

/** Runs `run`, and waits until all of `folder`'s file system is on the disk. Linux only. */
export function withSurroundings<Result>(folder: string, run: () => Result): Surroundings<Result> {
  const [writtenBytes, machineSeconds] = [writtenBytesSoFar(), machineSecondsSoFar()];
  const started = process.hrtime.bigint();
  const result = run();
  execFileSync("sync", ["-f", folder]);
  return {
    result,
    writtenBytes: writtenBytesSoFar() - writtenBytes,
    machineSeconds: machineSecondsSoFar() - machineSeconds,
    wallSeconds: Number(process.hrtime.bigint() - started) / 1e9,
  };
}

/** The bytes that this process and its ended children wrote; proc_pid_io(5). */
function writtenBytesSoFar(): number {
  const [, bytes] = /^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8")) ?? [];
  return Number(bytes);
}

/** All but idle and waiting, in ticks of 10 ms; proc_stat(5). */
function machineSecondsSoFar(): number {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .split(/ +/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / 100;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** User and system seconds of the children in the last line of bash's `times`. */
export function childSeconds(times: string): number {
  const last = times.trim().split("\n").at(-1) ?? "";
  return [...last.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes = "0", seconds = "0"]) => Number(minutes) * 60 + Number(seconds))
    .reduce((sum, seconds) => sum + seconds, 0);
}
