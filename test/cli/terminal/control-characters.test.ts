/** No control character of an input reaches the terminal. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { escapeControls, escapeExceptColours } from "../../../cli/terminal/control-characters.ts";
import { reportError } from "../../../cli/terminal/error-report.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { program } from "../measured-run.ts";
import { temporaryFolder } from "../temporary.ts";

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
  [new InputError([{ file: hostile, line: 1, column: 1, path: hostile, message: hostile }]), true],
  [new OperationError(hostile), false],
  [new Error(hostile), false],
] as const)("a report has none", (error, isOneLine) => {
  let shown = "";
  const progress = (text: string) => void (shown += `${text}\n`);
  reportError(error, { environment: {}, out: () => undefined, progress }, {});
  const line = harmless.replace("\\u000d", "\\r").replace("\t", "\\t");
  expect(shown).toContain(isOneLine ? line : harmless);
  expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]/);
});

test("a mistake is one line, whatever its parts have", () => {
  const text = "a\nb\tc";
  const error = new InputError([{ file: text, line: 1, column: 1, path: text, message: text }]);
  expect(error.message).toBe("a\\nb\\tc:1:1: a\\nb\\tc: a\\nb\\tc");
});

/** A line of its own in it would be an instruction to the runners of GitHub. */
const broken = "x\n::error::forged\r\ty";

describe("a name with line breaks starts no line", () => {
  test.each([
    ["a fleet file", ["validate", "--fleet", `${broken}/fleet.yaml`]],
    ["a fleet file, with =", ["validate", `--fleet=${broken}.yaml`]],
    ["a Butane file", ["butane", broken]],
    ["a folder of Butane", ["butane", "--files-dir", broken, `a/${broken}`]],
    ["an ISO", ["iso", "ignition", "show", `./${broken}/a.iso`]],
    ["a command", [broken]],
    ["an option", [`--${broken}`]],
    ["a choice", ["completion", broken]],
    ["a new folder", ["init", broken]],
  ])("%s", (_title, args) => {
    const folder = join(temporaryFolder(), broken);
    mkdirSync(folder);
    const environment = { PATH: process.env["PATH"], HOME: folder, TMPDIR: folder };
    const options = { cwd: folder, env: environment, encoding: "utf8" } as const;
    const { stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
    expect(stdout + stderr).toContain("forged");
    expect(stdout + stderr).not.toMatch(/^::/m);
    expect(stdout + stderr).not.toMatch(/[\r\t]/);
  });
});
