/** No control character of an input reaches the terminal. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { escapeControls, escapeExceptColours } from "../../../cli/terminal/control-characters.ts";
import { reportError } from "../../../cli/terminal/error-report.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { formatRootKey } from "../../../fleet/keys/root-key.ts";
import { program, write } from "../measured-run.ts";
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
  new InputError([{ file: hostile, line: 1, column: 1, path: hostile, message: hostile }]),
  new OperationError(hostile),
  new Error(hostile),
])("a report has none", (error) => {
  let shown = "";
  const progress = (text: string) => void (shown += `${text}\n`);
  reportError(error, { environment: {}, out: () => undefined, progress }, {});
  const line = harmless.replace("\\u000d", "\\r").replace("\t", "\\t");
  expect(shown).toContain(line);
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

describe("what is found in folders and what programs say starts no line", () => {
  const fleet = `fleet: shops
domain: edge.shops.example
repository: { url: https://git.example.com/state.git, push: state.git }
cloud: { provider: google, project: shops-hub }
profiles: { pc: { architecture: x86_64, disk: /dev/sda } }
sites: { one: { profile: pc, butane: { file: own/own.bu } } }
devices: { a: { site: one } }
rings: [all]
workloads: { board: { selector: {}, versions: { all: "1" }, manifests: board } }
`;
  const script = `#!/bin/sh\nprintf 'x\\n::error::forged\\r\\n' >&2\nexit 1\n`;

  test.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ["a manifest", ["validate"], { [`board/${broken}.yaml`]: "x" }],
    ["git", ["publish"], { "bin/git": script }],
    ["kubectl", ["status"], { "bin/kubectl": script }],
    ["kubectl, asked for a change", ["bootstrap", "--context", "hub"], { "bin/kubectl": script }],
  ])("%s", (_title, args, files) => {
    const folder = temporaryFolder();
    const tree = "storage: { trees: [{ local: tree, path: /var/own }] }\n";
    const all = {
      "fleet.yaml": fleet,
      "own/own.bu": `variant: fcos\nversion: 1.5.0\n${tree}`,
      "own/tree/a": "a",
      "board/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n",
      ...files,
    };
    for (const [path, text] of Object.entries(all)) {
      write(folder, path, text);
      if (path.startsWith("bin/")) chmodSync(join(folder, path), 0o755);
    }
    writeFileSync(join(folder, "fleet.key"), formatRootKey(Buffer.alloc(32, 7)), { mode: 0o600 });
    const path = `${folder}/bin:${process.env["PATH"] ?? ""}`;
    const options = { cwd: folder, env: { PATH: path, HOME: folder }, encoding: "utf8" } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
    expect(status, stderr).toBe(1);
    expect(stdout + stderr).toContain("forged");
    expect(stdout + stderr).not.toMatch(/^::/m);
    expect(stdout + stderr).not.toMatch(/[\r\t]/);
    expect(stderr).not.toContain("bug in Flotilla");
  });
});
