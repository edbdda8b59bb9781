/** No control character of an input reaches the terminal. */
import { expect, test } from "vitest";
import { escapeControls, escapeExceptColours } from "../../../cli/terminal/control-characters.ts";
import { reportError } from "../../../cli/terminal/error-report.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";

const hostile = "a\u001b[2J\u0000\u009b\u202eb\rc\u2028\td";
const harmless = "a\\u001b[2J\\u0000\\u009b\\u202eb\\u000dc\\u2028\td";

test("control characters are escaped, tabs and line breaks stay", () => {
  expect(escapeControls(`${hostile}\n`)).toBe(`${harmless}\n`);
});

test("colours stay in the progress of tools", () => {
  expect(escapeExceptColours(`\u001b[31mred\u001b[0m ${hostile}`)).toBe(
    `\u001b[31mred\u001b[0m ${harmless}`,
  );
});

test.each([
  new InputError([{ file: hostile, line: 1, column: 1, path: hostile, message: hostile }]),
  new OperationError(hostile),
  new Error(hostile),
])("a report has none", (error) => {
  let shown = "";
  const progress = (text: string) => void (shown += `${text}\n`);
  reportError(error, { environment: {}, out: () => undefined, progress }, {});
  expect(shown).toContain(harmless);
  expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]/);
});
