/**
 * What a hub takes with the real Argo CD, beside what Flotilla calculates for it, and beside the same Argo CD as it
 * would be without Flotilla's settings. Each is a process of its own (hub/), with a network namespace.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { applicationListMebibytes, controllerPeak } from "../../fleet/rules/hub-size.ts";
import { missingParts, worldParts } from "../e2e/parts.ts";
import { goal, row } from "./row.ts";

/** A line of a process in hub/: what was measured, and its figures. */
interface Figures {
  readonly what: string;
  readonly mode?: string;
  readonly [name: string]: unknown;
}

/** `reconnect` lets 100 devices back in 30 s, and a single one in 4: what a number of them may take. */
const secondsBack = (devices: number) => 4 + 0.26 * devices;

/** @param devices their number; each takes about 44 MiB of the controller */
export async function hubMemoryBench(devices: number): Promise<void> {
  if (isSkipped("the hub's memory")) return;
  const ours = await figuresOf("main.ts", ["memory", String(devices), "50"]);
  const plain = await figuresOf("main.ts", ["first-sync", String(devices), "100"]);
  const base = numberOf(plain, "first sync", "peak");
  const size = { most: controllerPeak(devices), unit: "MiB", to: "with GOGC=100", base };
  for (const what of ["first sync", "restart"]) {
    const peak = numberOf(ours, what, "peak");
    goal(`hub, ${devices} devices, ${what}: memory`, peak, size);
  }
}

/** A third of the devices is away while a commit comes; then all return at once. */
export async function awayBench(devices: number): Promise<void> {
  if (isSkipped("devices that are away")) return;
  const away = Math.max(1, Math.floor(devices / 3));
  const all = await figuresOf("main.ts", ["away", String(devices), String(away)]);
  const of = (mode: string, name: string) =>
    numberOf(
      all.filter((each) => each.mode === mode),
      "back",
      name,
    );
  const told = (what: string, name: string, most: number, unit: string) =>
    goal(`hub, ${away} of ${devices} devices away: ${what}`, of("skipped", name), {
      most,
      unit,
      to: "with nobody skipped",
      base: of("never skipped", name),
    });
  const here = numberOf(all, "all are here", "liveHeap");
  // A tenth for what the controller keeps without any device.
  told("memory alive", "liveHeap", 1.1 * here * (1 - away / devices), "MiB");
  told("log in a day", "logMegabytesADay", away, "MB");
  told("one returns, in sync", "secondsOfOne", secondsBack(0), "s");
  told("all return, in sync", "secondsUntilAllAreInSync", secondsBack(away), "s");
}

export async function applicationSetsBench(devices: number): Promise<void> {
  if (isSkipped("the ApplicationSet controller")) return;
  const all = await figuresOf("application-sets.ts", [String(devices)]);
  const applications = numberOf(all, "first time", "applications");
  const peaks = all
    .filter(({ what }) => what !== "Argo CD's server")
    .map(({ peak }) => Number(peak));
  // The least that such a pod may take.
  const most = Math.max(512, applicationListMebibytes(applications));
  goal(`hub, ${applications} Applications, ApplicationSet controller`, Math.max(...peaks), {
    most,
    unit: "MiB",
  });
  goal(
    `hub, ${applications} Applications, Argo CD's server`,
    numberOf(all, "Argo CD's server", "peak"),
    { most, unit: "MiB" },
  );
}

function isSkipped(what: string): boolean {
  const missing = missingParts(worldParts);
  if (missing.length > 0) {
    console.log(`SKIPPED: ${what}: needs ${missing.join(", ")}; test/peers/build.sh e2e`);
  }
  return missing.length > 0;
}

/** @throws Error if a process fails, or prints no such figure */
function numberOf(all: readonly Figures[], what: string, name: string): number {
  const value = all.find((each) => each.what === what)?.[name];
  if (typeof value !== "number") throw new Error(`${what}: no ${name}`);
  return value;
}

/** Runs a benchmark of hub/, and prints its lines as they come. */
async function figuresOf(script: string, args: readonly string[]): Promise<readonly Figures[]> {
  const file = join(import.meta.dirname, "hub", script);
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), file, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  const all: Figures[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{"what":')) continue;
    const figures = JSON.parse(line) as Figures;
    all.push(figures);
    const { what, ...rest } = figures;
    const entries = Object.entries(rest);
    row(`hub, ${what}`, Object.fromEntries(entries.map(([name, value]) => [name, String(value)])));
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${script} ${args.join(" ")} ended with ${code}`);
  return all;
}
