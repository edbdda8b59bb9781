/**
 * Agreement with the recorded behaviour of butane 0.29.0, family by family. The numbers in
 * agreement.json are what this translator reached so far: they may only grow.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ReportEntry } from "../../../edge/butane/report.ts";
import { translateText } from "../../../edge/butane/translate.ts";
import { sharedPath } from "../../peers/peers.ts";
import agreement from "./agreement.json" with { type: "json" };

interface Vector {
  readonly name: string;
  readonly options: { readonly strict: boolean; readonly pretty: boolean; filesDir?: string };
  readonly input: string;
  readonly output: string | null;
  readonly report: readonly {
    readonly kind: string;
    readonly path: string;
    readonly line: number | null;
    readonly col: number | null;
    readonly message: string;
  }[];
}

const folder = sharedPath("vectors/butane");

/** Gzipped contents are compared unpacked: no two makers of gzip give the same bytes. */
function unpacked(ignition: string): unknown {
  return JSON.parse(ignition, (_, value) => {
    if (value?.compression !== "gzip" || !value.source?.startsWith("data:;base64,")) return value;
    const packed = Buffer.from(value.source.slice("data:;base64,".length), "base64");
    return { ...value, source: gunzipSync(packed).toString("latin1") };
  });
}

function sameOutput(expected: string | null, actual: string | undefined): boolean {
  if (expected === null || actual === undefined) return expected === null && actual === undefined;
  if (`${expected}\n` === actual) return true;
  const [left, right] = [expected, actual].map((text) => JSON.stringify(unpacked(text)));
  return left === right;
}

/** The order of a report is not compared. */
function sameReport(expected: Vector["report"], actual: readonly ReportEntry[]): boolean {
  const lines = (entries: readonly object[]) => JSON.stringify(entries.map(String).toSorted());
  return (
    lines(expected.map((e) => [e.kind, e.path, e.line, e.col, e.message])) ===
    lines(actual.map((e) => [e.kind, e.path, e.line, e.column, e.message]))
  );
}

function agreementOf(vectors: readonly Vector[]): { output: number; report: number } {
  let [output, report] = [0, 0];
  for (const vector of vectors) {
    const { strict, pretty, filesDir } = vector.options;
    if (strict || pretty || filesDir !== undefined) continue;
    const translation = translateText(vector.input);
    if (translation.report.some(({ message }) => message.startsWith("Flotilla does not"))) continue;
    if (sameOutput(vector.output, translation.ignition)) output += 1;
    if (sameReport(vector.report, translation.report)) report += 1;
  }
  return { output, report };
}

describe.skipIf(folder === undefined)("butane 0.29.0 (needs the recorded vectors)", () => {
  const families = folder === undefined ? [] : readdirSync(folder).map((file) => file.slice(0, -5));

  it("has every family that is pinned", () => {
    expect(families.toSorted()).toEqual(Object.keys(agreement).toSorted());
  });

  it.each(families)("%s", (family) => {
    const file = readFileSync(join(folder ?? "", `${family}.json`), "utf8");
    const { vectors } = JSON.parse(file) as { readonly vectors: readonly Vector[] };
    const reached = agreementOf(vectors);
    const pinned = (agreement as Record<string, typeof reached>)[family];
    expect(pinned, `agreement.json should have ${JSON.stringify(reached)}`).toBeDefined();
    expect(reached.output).toBeGreaterThanOrEqual(pinned?.output ?? Infinity);
    expect(reached.report).toBeGreaterThanOrEqual(pinned?.report ?? Infinity);
  });
});
