/**
 * `make bench`: what the main job costs, whole process, beside the real tool in the same run.
 * Figures, never assertions: a busy machine must not fail a test.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { requireKnown } from "../e2e/parts.ts";
import { peerPath } from "../peers/peers.ts";
import { fleetText } from "./fleets.ts";
import { gatewayBench } from "./gateway.ts";
import { applicationSetsBench, awayBench, hubMemoryBench } from "./hub.ts";
import { imagesBench } from "./images.ts";
import { largeBench } from "./large.ts";
import { childSeconds, measured, median, type Usage } from "./measure.ts";
import { planBench } from "./plan.ts";
import { goal, reportGoals, row } from "./row.ts";
import { tenThousandBench } from "./ten-thousand.ts";
import { translation } from "./translation.ts";
import { validateBench } from "./validate.ts";

/**
 * Names of parts, such as "images", and the number of devices of a hub: `make bench ARGUMENTS="images '10,000 devices'"`,
 * `make bench ARGUMENTS="--devices 300 'hub, memory'"`.
 */
const { values: options, positionals: wanted } = parseArgs({
  options: { devices: { type: "string", default: "24" } },
  allowPositionals: true,
});
const hubDevices = Number(options.devices);
const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}`;
/** CPU seconds of `plainFiles`. */
let plainSeconds = Number.NaN;
const parts: readonly { readonly name: string; readonly run: () => void | Promise<void> }[] = [
  { name: "synthesis", run: syntheses },
  { name: "plan and publish", run: () => planBench(scratch) },
  { name: "validate", run: () => validateBench(scratch) },
  { name: "large fleets", run: () => largeBench(scratch) },
  { name: "10,000 devices", run: () => tenThousandBench(scratch) },
  { name: "translation", run: translation },
  { name: "images", run: () => imagesBench(scratch) },
  { name: "gateway", run: gatewayBench },
  { name: "hub, memory", run: () => hubMemoryBench(hubDevices) },
  { name: "hub, devices away", run: () => awayBench(hubDevices) },
  { name: "hub, ApplicationSets", run: () => applicationSetsBench(10 * hubDevices) },
];
requireKnown("part", parts, wanted);
if (!Number.isInteger(hubDevices) || hubDevices < 3) {
  console.error("FAILED: --devices wants a number of at least 3");
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), "flotilla-bench-"));
try {
  console.log(`${machine}\n`);
  for (const { name, run } of parts) {
    if (wanted.length === 0 || wanted.includes(name)) await part(name, run);
  }
  reportGoals(join(import.meta.dirname, "..", "..", "dist", "bench.json"), machine);
} finally {
  rmSync(scratch, { recursive: true });
}

/** One that fails says so, and the others still run; the exit code is then 1. */
async function part(name: string, run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.log(`FAILED: ${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
  console.log();
}

function syntheses(): void {
  plainFiles();
  const thousand = synthesis(1_000, 3);
  const tenThousand = synthesis(10_000, 1);
  const growth = tenThousand.cpuSeconds / thousand.cpuSeconds;
  row("growth from 1,000 to 10,000 devices", { CPU: `${growth.toFixed(1)} times` });
  goal("synth, from 1,000 to 10,000 devices", growth, { most: 11, unit: "x" });
  againstButane(thousand);
}

function synthesis(devices: number, runs: number): Usage {
  const all: Usage[] = [];
  for (let run = 0; run < runs; run++) {
    // A folder for each run: a file system that is still freeing the last one would be measured too.
    const directory = join(scratch, `${devices}-${run}`);
    mkdirSync(directory);
    writeFileSync(join(directory, "fleet.yaml"), fleetText(devices));
    measured(directory, ["keygen"]);
    all.push(measured(directory, ["synth"]));
  }
  const usage: Usage = {
    cpuSeconds: median(all.map(({ cpuSeconds }) => cpuSeconds)),
    childSeconds: median(all.map(({ childSeconds: seconds }) => seconds)),
    wallSeconds: median(all.map(({ wallSeconds }) => wallSeconds)),
    peakMebibytes: median(all.map(({ peakMebibytes }) => peakMebibytes)),
  };
  row(`flotilla synth, ${devices.toLocaleString("en")} devices, all three syntheses`, {
    CPU: `${usage.cpuSeconds.toFixed(2)} s`,
    wall: `${usage.wallSeconds.toFixed(2)} s`,
    peak: `${usage.peakMebibytes.toFixed(0)} MiB`,
  });
  if (devices === 1_000) {
    synthGoal("first time", usage, 5);
    goal("synth, 1,000 devices, first time: memory", usage.peakMebibytes, {
      most: 600,
      unit: "MiB",
    });
  }
  again(devices, usage);
  return usage;
}

/** The same folder again: without a change, and with one more device at a site. */
function again(devices: number, first: Usage): void {
  const folder = join(scratch, `${devices}-0`);
  const isThousand = devices === 1_000;
  const ratio = (usage: Usage) => (usage.cpuSeconds / first.cpuSeconds).toFixed(2);
  const nothing = measured(folder, ["synth"]);
  row("  the same again, nothing changed", {
    CPU: `${nothing.cpuSeconds.toFixed(2)} s: ${ratio(nothing)} of the first`,
  });
  if (isThousand) synthGoal("nothing changed", nothing, 1.5);
  const text = fleetText(devices);
  const more = text.replace("devices:\n", "devices:\n  extra-1: { site: site-1 }\n");
  writeFileSync(join(folder, "fleet.yaml"), more);
  const one = measured(folder, ["synth"]);
  row("  the same again, one more device", {
    CPU: `${one.cpuSeconds.toFixed(2)} s: ${ratio(one)} of the first`,
  });
  if (isThousand) synthGoal("one more device", one, 1.6);
  writeFileSync(join(folder, "fleet.yaml"), text);
}

function synthGoal(what: string, { cpuSeconds }: Usage, most: number): void {
  const beside = { to: "writing 5,000 files", base: plainSeconds };
  goal(`synth, 1,000 devices, ${what}`, cpuSeconds, { most, unit: "s", ...beside });
}

/** What the file system alone takes for as many folders and files: part of the figure above. */
function plainFiles(): void {
  const folder = join(scratch, "plain");
  const before = process.cpuUsage();
  for (let device = 0; device < 1_000; device++) {
    mkdirSync(join(folder, String(device)), { recursive: true });
    for (let file = 0; file < 5; file++) {
      writeFileSync(join(folder, String(device), String(file)), "x".repeat(8_000));
    }
  }
  const { user, system } = process.cpuUsage(before);
  plainSeconds = (user + system) / 1e6;
  row("writing 5,000 files in 1,000 folders and nothing else", {
    CPU: `${plainSeconds.toFixed(2)} s`,
  });
}

/** The real butane on the same device configs: it does a part of what synth does. */
function againstButane(synth: Usage): void {
  const butane = peerPath("butane-0.29.0");
  if (butane === undefined) {
    console.log("SKIPPED: the ratio to the real butane; build it with test/peers/build.sh butane");
    return;
  }
  const edge = join(scratch, "1000-0", "dist", "edge");
  const sample = readdirSync(edge)
    .filter((name) => !name.startsWith("."))
    .slice(0, 100);
  const script = sample
    .map((device) => `"${butane}" "${join(edge, device, "device.bu")}" >/dev/null`)
    .join("\n");
  const times = execFileSync("bash", ["-c", `${script}\ntimes`], { encoding: "utf8" });
  const perDevice = childSeconds(times) / sample.length;
  row("real butane, the configs of 1,000 devices, one process each", {
    CPU: `${(perDevice * 1_000).toFixed(1)} s: ${((perDevice * 1_000) / synth.cpuSeconds).toFixed(1)} times the CPU of the whole flotilla synth`,
  });
}
