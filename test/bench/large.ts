/** What `validate` takes for the largest fleets, and for files that are damaged in many places. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fleetText } from "./fleets.ts";
import { measured, startSeconds } from "./measure.ts";
import { goal, row } from "./row.ts";

const devices = 20_000;
const secondsMost = 4;

export function largeBench(scratch: string): void {
  const folder = join(scratch, "large");
  mkdirSync(folder);
  const text = fleetText(devices);
  const [head = ""] = text.split("devices:\n");
  const lines = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => line(index)).join("");
  const mistakes = lines(devices, (index) => `  store-${index}: { site: nowhere-${index} }\n`);
  const aliases = `first: &first [1]\nothers:\n${lines(30_000, () => "  - *first\n")}`;
  const lock = `lock: 1\nfleet: bench\npins: {}\ntunnel:\n  range: 100.64.0.0/16\n  addresses:\n${lines(
    60_000,
    (index) => `    store-${index}: 100.64.${(index >> 8) & 255}.${index & 255}\n`,
  )}  retired: {}\n`;
  const base = startSeconds();
  const measure = (what: string, fleet: string, run: () => number, lockText?: string) => {
    writeFileSync(join(folder, "fleet.yaml"), fleet);
    const lockFile = join(folder, "fleet.lock.yaml");
    if (lockText === undefined) rmSync(lockFile, { force: true });
    else writeFileSync(lockFile, lockText);
    const seconds = run();
    row(`flotilla validate, ${what}`, { CPU: `${seconds.toFixed(2)} s` });
    const beside = { to: "Node's own start", base };
    goal(`validate, ${what}`, seconds, { most: secondsMost, unit: "s", ...beside });
  };
  const valid = () => measured(folder, ["validate"]).cpuSeconds;
  const refused = () => measured(folder, ["validate"], 1).cpuSeconds;
  measure("20,000 devices", text, valid);
  measure("20,000 mistakes", `${head}devices:\n${mistakes}`, refused);
  measure("30,000 aliases", `${text}${aliases}`, refused);
  measure("a lock of 60,000 addresses", text, refused, lock);
}
