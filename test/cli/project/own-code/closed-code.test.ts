import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isClosed } from "../../../../cli/project/own-code/closed-code.ts";
import { temporaryFolder } from "../../temporary.ts";

function closed(text: string, imports: readonly string[] = []): boolean {
  const directory = temporaryFolder();
  writeFileSync(join(directory, "own.ts"), text);
  const external = imports.map((path) => ({
    path,
    kind: "import-statement" as const,
    external: true,
  }));
  const inputs = {
    "own.ts": { bytes: text.length, imports: external },
    "flotilla-entry:zod": none,
  };
  return isClosed({ inputs }, directory);
}

const none = { bytes: 0, imports: [] };

test.each([
  ["export class Page {}", []],
  ['import { readFileSync } from "node:fs"; readFileSync("a");', ["node:fs", "node:path"]],
  ["export const updated = 1;", ["file:///project/node_modules/constructs/lib/index.js"]],
  ['await import("./other.ts");', []],
])("%s does the same in every run", (text, imports) => {
  expect(closed(text, imports)).toBe(true);
});

test.each([
  ["new Date()", []],
  ["Math.random()", []],
  ["process.env.A", []],
  ['globalThis["process"]', []],
  ['await fetch("https://example.org")', []],
  ["await import(name)", []],
  ["randomUUID()", ["node:crypto"]],
  ['fs.promises.readFile("a")', ["node:fs"]],
  ['readFile("a")', ["node:fs/promises"]],
  ["hostname()", ["node:os"]],
  ['execFileSync("git")', ["node:child_process"]],
  ["colour()", ["a-package"]],
])("%s may do something else", (text, imports) => {
  expect(closed(text, imports)).toBe(false);
});
