/** Lines of the benchmark's result: what was measured, and its figures; at the end a table of the goals. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export function row(what: string, figures: Readonly<Record<string, string>>): void {
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  console.log(`${what}: ${text.join(", ")}`);
}

/** What a figure should be at most, or at least. */
type Bound = { readonly most: number } | { readonly least: number };

interface Goal {
  readonly what: string;
  readonly unit: string;
  readonly bound: Bound;
  readonly result: number;
  /** To the peer, or to the same work without Flotilla, in this run. */
  readonly ratio?: { readonly to: string; readonly value: number };
}

const goals: Goal[] = [];

/**
 * Keeps a figure that has a goal, for the table at the end.
 *
 * @param to the peer, or the same work without Flotilla
 * @param base what that took
 */
export function goal(
  what: string,
  result: number,
  { unit, to, base, ...bound }: Bound & { unit: string; to?: string; base?: number },
): void {
  const ratio = to === undefined || !base ? {} : { ratio: { to, value: result / base } };
  goals.push({ what, unit, bound, result, ...ratio });
}

const isMet = ({ bound, result }: Goal) =>
  "most" in bound ? result <= bound.most : result >= bound.least;

/** Prints what was reached and what was not, and writes it as JSON. */
export function reportGoals(file: string, machine: string): void {
  const width = Math.max(...goals.map(({ what }) => what.length), 0);
  console.log(`${"".padEnd(width)}  ${"goal".padStart(12)}  ${"result".padStart(12)}`);
  for (const each of goals) {
    const { what, unit, bound, result, ratio } = each;
    const [sign, value] = "most" in bound ? ["≤", bound.most] : ["≥", bound.least];
    const figures = [`${sign} ${written(value)} ${unit}`, `${written(result)} ${unit}`];
    const verdict = isMet(each) ? "" : "  MISSED";
    const beside = ratio === undefined ? "" : `  (${written(ratio.value)} times ${ratio.to})`;
    const columns = figures.map((text) => text.trim().padStart(12)).join("  ");
    console.log(`${what.padEnd(width)}  ${columns}${verdict}${beside}`);
  }
  mkdirSync(dirname(file), { recursive: true });
  const results = goals.map((each) => {
    const { bound, ...rest } = each;
    return { ...rest, ...bound, met: isMet(each) };
  });
  writeFileSync(file, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
  console.log(`\nWrote ${file}`);
}

/** Three digits, without an exponent. */
function written(value: number): string {
  return String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 5 : 3)));
}
