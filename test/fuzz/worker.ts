/** Runs a part of a fuzz run in a thread, and counts its inputs where the main thread sees them. */
import { parentPort, workerData } from "node:worker_threads";
import { reportError } from "../../cli/terminal/error-report.ts";
import { generator, mutated } from "./mutation.ts";
import { readers, type Reader } from "./readers.ts";

export interface Task {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** The number of the input that is read, in a memory that threads share. */
  readonly progress: SharedArrayBuffer;
  /** Where the seconds since 1970 reach this the run ends early; 0: never. */
  readonly until: number;
}

export interface Failure {
  readonly reader: string;
  readonly index: number;
  readonly input: Uint8Array;
  readonly problem: string;
}

export interface Outcome {
  readonly inputs: number;
  readonly accepted: number;
  readonly failures: readonly Failure[];
  /** What the process had in memory before the first input, and the most until then: programs are compiled in it. */
  readonly before: { readonly bytes: number; readonly peakBytes: number };
}

const failuresMax = 20;
/** Characters that must not reach a terminal. */
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

function readerOf(random: (limit: number) => number): Reader {
  let left = random(readers.reduce((sum, { share }) => sum + share, 0));
  const found = readers.find(({ share }) => (left -= share) < 0);
  return found ?? (readers[0] as Reader);
}

/** What is wrong with how the reader answers; undefined: it accepts the input, or refuses it well. */
function answer({ read }: Reader, input: Buffer): { accepted: boolean; problem?: string } {
  try {
    read(input);
    return { accepted: true };
  } catch (error) {
    let text = "";
    const session = {
      environment: {},
      out: () => undefined,
      progress: (line: string) => void (text += `${line}\n`),
    };
    reportError(error, session, {});
    const isUnexpected = text.includes("unexpected error");
    if (isUnexpected) return { accepted: false, problem: (error as Error).stack ?? text };
    if (controls.test(text)) return { accepted: false, problem: JSON.stringify(text) };
    return { accepted: false };
  }
}

const { seed, from, to, progress, until } = workerData as Task;
const before = {
  bytes: process.memoryUsage.rss(),
  peakBytes: process.resourceUsage().maxRSS * 1024,
};
const counter = new Int32Array(progress);
const failures: Failure[] = [];
const warnings: Error[] = [];
process.on("warning", (warning) => warnings.push(warning));
let accepted = 0;
let index = from;
for (; index < to && failures.length < failuresMax; index += 1) {
  if (until > 0 && Date.now() / 1_000 > until) break;
  Atomics.store(counter, 0, index);
  const random = generator(seed * 0x10000001 + index);
  const reader = readerOf(random);
  const input = mutated(reader.seeds, random);
  const result = answer(reader, input);
  if (result.accepted) accepted += 1;
  if (result.problem !== undefined) {
    failures.push({ reader: reader.name, index, input, problem: result.problem });
  }
}
// Warnings of libraries come later, and quote the input.
await new Promise((resolve) => setImmediate(resolve));
for (const warning of warnings) {
  failures.push({ reader: "any", index: from, input: new Uint8Array(), problem: String(warning) });
}
const outcome: Outcome = { inputs: index - from, accepted, failures, before };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread is no window.
parentPort?.postMessage(outcome);
