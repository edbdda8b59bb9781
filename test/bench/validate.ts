/** What `validate` takes in a project with code of its own, beside Node's own start. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { measured, median } from "./measure.ts";
import { goal, row } from "./row.ts";

const rounds = 5;

/** `npx` itself takes another half second: the goal for both together is 0.8 s. */
export function validateBench(scratch: string): void {
  const folder = join(scratch, "own-code");
  // Where an installed project's results are kept.
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  measured(folder, ["init", ".", "--yes"]);
  measured(folder, ["keygen"]);
  told("the first time", [measured(folder, ["validate"])]);
  const again = Array.from({ length: rounds }, () => measured(folder, ["validate"]));
  const unchanged = told("nothing changed", again);
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  const edited = Array.from({ length: rounds }, (_, round) => {
    writeFileSync(file, `${text}# ${round}\n`);
    return measured(folder, ["validate"]);
  });
  told("fleet.yaml changed", edited);
  const versions = Array.from({ length: rounds }, () => measured(folder, ["--version"]));
  const base = told("flotilla --version, for comparison", versions);
  const beside = { to: "flotilla --version", base };
  goal("validate, own code, nothing changed, wall", unchanged, { most: 0.3, unit: "s", ...beside });
}

/** @returns the wall time, seconds */
function told(what: string, all: readonly ReturnType<typeof measured>[]): number {
  const seconds = median(all.map(({ wallSeconds }) => wallSeconds));
  row(`flotilla validate, own code, ${what}`, {
    CPU: `${median(all.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)} s`,
    wall: `${seconds.toFixed(2)} s`,
  });
  return seconds;
}
