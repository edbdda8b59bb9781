/** What `validate` takes in a project with code of its own, beside Node's own start. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { measured, median } from "./measure.ts";
import { row } from "./row.ts";

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
  told("nothing changed", again, "goal: at most 0.3 s");
  const file = join(folder, "fleet.yaml");
  const text = readFileSync(file, "utf8");
  const edited = Array.from({ length: rounds }, (_, round) => {
    writeFileSync(file, `${text}# ${round}\n`);
    return measured(folder, ["validate"]);
  });
  told("fleet.yaml changed", edited);
  const versions = Array.from({ length: rounds }, () => measured(folder, ["--version"]));
  told("flotilla --version, for comparison", versions);
}

function told(what: string, all: readonly ReturnType<typeof measured>[], goal?: string): void {
  row(`flotilla validate, own code, ${what}`, {
    CPU: `${median(all.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)} s`,
    wall: `${median(all.map(({ wallSeconds }) => wallSeconds)).toFixed(2)} s${goal === undefined ? "" : ` (${goal})`}`,
  });
}
