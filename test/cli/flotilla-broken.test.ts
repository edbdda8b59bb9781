/** An installation that lacks a file or a package says so in a sentence. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./temporary.ts";

const start = join(import.meta.dirname, "..", "..", "cli", "flotilla.mjs");

/** A package whose program has this text; undefined: it is missing. */
function installed(main: string | undefined): string {
  const root = join(temporaryFolder(), "node_modules", "flotilla");
  mkdirSync(join(root, "cli"), { recursive: true });
  cpSync(start, join(root, "cli", "flotilla.mjs"));
  writeFileSync(join(root, "package.json"), "{}");
  mkdirSync(join(root, "lib", "cli"), { recursive: true });
  if (main !== undefined) writeFileSync(join(root, "lib", "cli", "main.mjs"), main);
  return join(root, "cli", "flotilla.mjs");
}

function run(program: string, directory: string) {
  const { status, stderr } = spawnSync(process.execPath, [program, "validate"], {
    cwd: directory,
    encoding: "utf8",
  });
  return { status, stderr };
}

test.each([
  ["its program", undefined, "main.mjs"],
  ["a package", 'import "left-pad";', "left-pad"],
])("%s is missing", (_, main, name) => {
  const { status, stderr } = run(installed(main), temporaryFolder());
  expect(status).toBe(1);
  expect(stderr).toMatch(
    new RegExp(
      `^flotilla: this installation is not complete: .*${name}.* Install it again: npm ci, `,
    ),
  );
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test("a project's own package without a program", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), "{}");
  const own = join(folder, "node_modules", "flotilla");
  mkdirSync(own, { recursive: true });
  for (const text of ["not JSON", "{}", '{ "bin": { "flotilla": "gone.mjs" } }']) {
    writeFileSync(join(own, "package.json"), text);
    const { status, stderr } = run(installed("export const main = () => 0;"), folder);
    expect([status, stderr]).toEqual([
      1,
      `flotilla: ${own} is not complete. Install it again: npm install\n`,
    ]);
  }
});
