/** Runs `flotilla` as a process of its own, within the limits of time and memory that hold for every input. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";

const root = join(import.meta.dirname, "..", "..");
export const program = join(root, "cli", "flotilla.mjs");
export const peakBytesMax = 300e6;
/** 2 s are the goal, but machines of CI are slower. */
const cpuSecondsMax = 10;
/** What waits forever uses no processor; what waits for other processes is no fault. */
const millisecondsMax = 60_000;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly peakBytes: number;
  readonly cpuSeconds: number;
}

/** What test/bench/usage.mjs writes. */
interface Usage {
  readonly peakKibibytes: number;
  readonly cpuSeconds: number;
}

/** What a command line does. One that takes too long has no code. */
export function runMeasured(folder: string, args: readonly string[], input?: Buffer): Ended {
  const report = join(folder, "usage.json");
  const usage = join(root, "test", "bench", "usage.mjs");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", usage, program, ...args],
    {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], FLOTILLA_BENCH_USAGE: report },
      timeout: millisecondsMax,
      maxBuffer: 2 ** 28,
      ...(input && { input }),
    },
  );
  // One that was killed wrote none.
  const text = existsSync(report) ? readFileSync(report, "utf8") : "{}";
  const { peakKibibytes = 0, cpuSeconds = Infinity } = JSON.parse(text) as Partial<Usage>;
  rmSync(report, { force: true });
  return { code: status, out: stdout, err: stderr, peakBytes: peakKibibytes * 1024, cpuSeconds };
}

/** That it ended with a message of Flotilla, and within the limits. */
export function expectNoDefect({ code, err, peakBytes, cpuSeconds }: Ended): void {
  expect(err).not.toMatch(/unexpected error|bug in Flotilla|\n {4}at /);
  expect([0, 1], err).toContain(code);
  expect(peakBytes).toBeLessThan(peakBytesMax);
  expect(cpuSeconds).toBeLessThan(cpuSecondsMax);
}

export function expectRefusal(run: Ended, message: string | RegExp): void {
  expect(run.err).toMatch(message);
  expectNoDefect(run);
  expect(run.code).toBe(1);
}

/** Writes a file of a project, and the folders above it. */
export function write(folder: string, path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
