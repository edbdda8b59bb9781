/**
 * Feeds mutated inputs to every reader of text from outside: none may crash, hang or need more than
 * 150 MB of its own. The same seed gives the same inputs.
 *
 *   node --import tsx test/fuzz/main.ts [--seed N] [--inputs N] [--seconds N] [--from INDEX]
 *
 * An input that fails is written to the folder for temporary files; `--from INDEX --inputs 1` runs it again.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { Outcome, Task } from "./worker.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    inputs: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "0" },
    from: { type: "string", default: "0" },
  },
});
const [seed, inputs, seconds, from] = [values.seed, values.inputs, values.seconds, values.from].map(
  Number,
) as [number, number, number, number];

/** An input is read in milliseconds. On a busy machine, only time of the processor counts. */
const patienceSeconds = 10;
const watchSeconds = 5;
/** More than before the first input. */
const growthBytesMax = 150e6;

const progress = new SharedArrayBuffer(4);
const counter = new Int32Array(progress);
/** Until the thread is ready. */
const notReady = -1;
counter[0] = notReady;
const task: Task = {
  seed,
  from,
  to: from + inputs,
  progress,
  until: seconds > 0 ? Date.now() / 1_000 + seconds : 0,
};
const program = new URL("worker.ts", import.meta.url).href;
// A thread does not inherit the loader of TypeScript.
const start = `import("tsx/esm/api").then(({ register }) => { register(); return import("${program}"); })`;
const worker = new Worker(start, {
  eval: true,
  workerData: task,
  resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 },
});

const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
let last = notReady;
let since = 0;
const watch = setInterval(() => {
  const now = Atomics.load(counter, 0);
  if (now !== last || now === notReady) [last, since] = [now, processorSeconds()];
  else if (processorSeconds() - since > patienceSeconds) {
    fail(`input ${now} of seed ${seed} is read for more than ${patienceSeconds} s`);
  }
}, watchSeconds * 1_000);

worker.on("error", (error) => fail(`input ${Atomics.load(counter, 0)}: ${String(error)}`));
worker.on("message", ({ inputs: count, accepted, failures, before }: Outcome) => {
  clearInterval(watch);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const growthBytes = peakBytes > before.peakBytes ? peakBytes - before.bytes : 0;
  const needed = `${megabytes(peakBytes)}, of it ${megabytes(before.bytes)} before the first input`;
  console.log(
    `${count} inputs (seed ${seed}), ${accepted} accepted, ${failures.length} failures, ` +
      `${Math.round(process.uptime())} s, peak ${needed}`,
  );
  for (const { reader, index, input, problem } of failures) {
    const file = join(mkdtempSync(join(tmpdir(), "flotilla-fuzz-failure-")), "input");
    writeFileSync(file, input);
    console.error(`${reader}: input ${index}, written to ${file}\n${problem}`);
  }
  const isLarge = growthBytes > growthBytesMax;
  if (isLarge) console.error(`an input needs more than ${megabytes(growthBytesMax)}: ${needed}`);
  process.exit(failures.length > 0 || isLarge ? 1 : 0);
});

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function fail(problem: string): never {
  console.error(problem);
  process.exit(1);
}
