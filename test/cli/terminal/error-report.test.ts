import { expect, test } from "vitest";
import { reportError } from "../../../cli/terminal/error-report.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";

test("the first thousand mistakes are listed, and counted all", () => {
  const lines: string[] = [];
  const session = {
    environment: {},
    out: () => undefined,
    progress: (line: string) => void lines.push(line),
  };
  const mistakes = Array.from({ length: 3_000 }, (_, index) => ({
    file: "fleet.yaml",
    line: index + 1,
    column: 1,
    message: "invalid.",
  }));
  expect(reportError(new InputError(mistakes), session, {})).toBe(1);
  expect(lines).toHaveLength(1_001);
  expect(lines.slice(-2)).toEqual([
    "fleet.yaml:1000:1: invalid.",
    "flotilla: 3000 mistakes; the first 1000 are listed",
  ]);
  lines.length = 0;
  reportError(new InputError(mistakes.slice(0, 1_000)), session, {});
  expect(lines.at(-1)).toBe("flotilla: 1000 mistakes");
});
