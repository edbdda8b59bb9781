/** Prometheus' own opinion of rules and expressions: test/peers/promql-check. */
import { execFileSync } from "node:child_process";
import { peerPath } from "../../peers/peers.ts";

const peer = peerPath("promql-check-3.14.0");

export const promqlMissing = peer === undefined;

export const promqlReason = promqlMissing
  ? " (SKIPPED: no promql-check; run test/peers/build.sh promql-check)"
  : "";

export interface Evaluation {
  /** Series in the notation of Prometheus' own tests, one sample a minute. */
  readonly series: readonly string[];
  readonly expression: string;
  readonly minute: number;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

interface Answer {
  readonly mistakes: readonly string[];
  readonly results: readonly (readonly Sample[])[];
}

function ask(question: Readonly<Record<string, unknown>>): Answer {
  if (peer === undefined) throw new Error("there is no promql-check");
  const input = JSON.stringify(question);
  return JSON.parse(execFileSync(peer, { input, encoding: "utf8" })) as Answer;
}

/** @param rules a file of rules; YAML or JSON */
export function mistakesOf(rules: string, expressions: readonly string[]): readonly string[] {
  return ask({ rules, expressions }).mistakes;
}

export function evaluate({ series, expression, minute }: Evaluation): readonly Sample[] {
  const load = `load 1m\n${series.map((line) => `  ${line}\n`).join("")}`;
  return ask({ evaluations: [{ load, expression, minute }] }).results[0] ?? [];
}
