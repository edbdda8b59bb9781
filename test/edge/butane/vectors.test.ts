/** Agreement with the recorded behaviour of butane 0.29.0: every vector, family by family. */
import { beforeAll, describe, expect, test } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFolder } from "../../../cli/project/folder-files.ts";
import type { LocalFiles } from "../../../fleet/model/local-files.ts";
import type { ReportEntry } from "../../../edge/butane/report.ts";
import { translateText } from "../../../edge/butane/translate.ts";
import {
  differences,
  families,
  unpacked,
  type Vector,
  vectorsOf,
  writeVectorFiles,
} from "./vectors.ts";

const strictError = "Config produced warnings and --strict was specified";

/** The folder as the recorded runs named it, wherever it is now. */
function relocated(root: string, name: string): LocalFiles {
  const files = openFolder(join(root, name));
  const shown = (error: unknown) => {
    if (error instanceof Error) error.message = error.message.replace(`${root}/`, "");
    return error;
  };
  const wrap =
    <Args extends readonly unknown[], Result>(step: (...args: Args) => Result) =>
    (...args: Args): Result => {
      try {
        return step(...args);
      } catch (error) {
        throw shown(error);
      }
    };
  return {
    ...files,
    read: wrap(files.read),
    inspect: wrap(files.inspect),
    list: wrap(files.list),
    target: wrap(files.target),
  };
}

interface Outcome {
  readonly output: string | null;
  readonly error: string | null;
  readonly report: readonly unknown[];
}

function outcomeOf(vector: Vector, root: string): Outcome {
  const { strict, pretty, filesDir } = vector.options;
  const { ignition, error, report } = translateText(vector.input, {
    pretty,
    ...(filesDir !== undefined && { files: relocated(root, filesDir) }),
  });
  const refused = strict && report.length > 0 ? strictError : undefined;
  const failure = error ?? refused ?? null;
  const entries = report.map((entry: ReportEntry) => {
    const { kind, path, line = null, column = null, message } = entry;
    return { kind, path, line, col: column, message };
  });
  const output = failure === null ? (ignition?.slice(0, -1) ?? null) : null;
  return { output, error: failure, report: ordered(entries, vector) };
}

/** Where the real tool's order is not always the same, any order will do. */
function ordered(report: readonly unknown[], { reportOrder }: Vector): readonly unknown[] {
  if (reportOrder === "stable") return report;
  return report.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

describe.skipIf(families.length === 0)("butane 0.29.0 (needs the recorded vectors)", () => {
  let root = "";
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "flotilla-test-"));
    writeVectorFiles(root);
    return () => rmSync(root, { recursive: true, force: true });
  });

  test("has 1,218 vectors", () => {
    expect(families.flatMap(vectorsOf)).toHaveLength(1_218);
  });

  test.each(families)("%s", (family) => {
    for (const vector of vectorsOf(family)) {
      const { output, error, report } = vector;
      const ours = outcomeOf(vector, root);
      const theirs = { output, error, report: ordered(report, vector) };
      const agrees = JSON.stringify(ours) === JSON.stringify(theirs) || sameUnpacked(ours, theirs);
      if (differences.has(vector.name)) expect(agrees, vector.name).toBe(false);
      else if (!agrees)
        expect({ name: vector.name, ...ours }).toEqual({ name: vector.name, ...theirs });
    }
  });
});

function sameUnpacked(ours: Outcome, theirs: Outcome): boolean {
  if (ours.output === null || theirs.output === null) return false;
  const [left, right] = [ours, theirs].map(({ output, ...rest }) =>
    JSON.stringify([unpacked(output ?? ""), rest]),
  );
  return left === right;
}
