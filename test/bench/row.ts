/** Lines of the benchmark's result: what was measured, and its figures; at the end a table of the goals. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export function row(what: string, figures: Readonly<Record<string, string>>): void {
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  console.log(`${what}: ${text.join(", ")}`);
}

interface Goal {
  readonly what: string;
  readonly unit: string;
  readonly most: number;
  readonly result: number;
  /** To the peer, or to the same work without Flotilla, in this run. */
  readonly ratio?: { readonly to: string; readonly value: number };
}

const goals: Goal[] = [];

/** Keeps a figure that has a goal, for the table at the end. */
export function goal(
  what: string,
  result: number,
  { most, unit, to, base }: { most: number; unit: string; to?: string; base?: number },
): void {
  const ratio =
    to === undefined || base === undefined ? {} : { ratio: { to, value: result / base } };
  goals.push({ what, unit, most, result, ...ratio });
}

/** Prints what was reached and what was not, and writes it as JSON. */
export function reportGoals(file: string, machine: string): void {
  const width = Math.max(...goals.map(({ what }) => what.length), 0);
  console.log(`${"".padEnd(width)}  ${"goal".padStart(10)}  ${"result".padStart(10)}`);
  for (const { what, unit, most, result, ratio } of goals) {
    const figures = [most, result].map((value) => `${value.toPrecision(3)} ${unit}`.padStart(10));
    const verdict = result <= most ? "" : "  MISSED";
    const beside = ratio === undefined ? "" : `  (${ratio.value.toFixed(1)} times ${ratio.to})`;
    console.log(`${what.padEnd(width)}  ${figures.join("  ")}${verdict}${beside}`);
  }
  mkdirSync(dirname(file), { recursive: true });
  const results = goals.map((each) => ({ ...each, met: each.result <= each.most }));
  writeFileSync(file, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
  console.log(`\nWrote ${file}`);
}
