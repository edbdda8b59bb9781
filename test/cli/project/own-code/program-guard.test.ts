/** A user's own code in the real program: it cannot end it, fail unseen, or write into its results. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownProject } from "./own-project.ts";

const program = join(import.meta.dirname, "..", "..", "..", "..", "cli", "flotilla.mjs");

const packages = {
  "node_modules/esm/package.json": '{ "name": "esm", "type": "module", "exports": "./index.js" }',
  "node_modules/esm/index.js": "export const one = 1;",
  "node_modules/fails/package.json": '{ "name": "fails", "main": "index.js" }',
  "node_modules/fails/index.js": '\nthrow new Error("no licence");',
};

async function run(body: string, ...args: string[]) {
  const text = `import { defineFleet } from "flotilla";\n${body}\nexport default defineFleet({});\n`;
  const { folder } = await ownProject({ ...packages, "flotilla.config.ts": text });
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test.each([
  ["await 0; process.exit(0);", "2:18: flotilla.config.ts: Error: process.exit() would end"],
  ["process.exit(3);", "2:9: flotilla.config.ts: Error: process.exit() would end"],
  [
    "setTimeout(() => process.exit(), 0); await new Promise((done) => setTimeout(done, 9_000));",
    "2:26: flotilla.config.ts: Error: process.exit() would end",
  ],
  ['void Promise.reject(new Error("no price"));', "2:21: flotilla.config.ts: Error: no price"],
  [
    'setTimeout(() => { throw new Error("no price"); }); await new Promise((done) => setTimeout(done, 9_000));',
    "2:26: flotilla.config.ts: Error: no price",
  ],
  ["await new Promise(() => {});", " the program ended, because a promise that is awaited"],
  ['throw "no price";', " no price was thrown. Throw an Error instead"],
  ["throw undefined;", " undefined was thrown."],
  ["throw Object.create(null);", " a value of the type object was thrown."],
])("%s fails the command, at its line where there is one", async (body, said) => {
  const { status, stdout, stderr } = await run(body, "validate");
  expect([status, stdout, stderr.split("\n")[0]]).toEqual([
    1,
    "",
    expect.stringContaining(`flotilla.config.ts:${said}`),
  ]);
});

test.each([
  [
    'import one from "esm"; void [one];',
    "flotilla.config.ts:2:17: The requested module 'esm' does not provide an export named 'default'.",
  ],
  ['import "fails";', "node_modules/fails/index.js:2:7: flotilla.config.ts: Error: no licence"],
])("%s is told at its line", async (body, said) => {
  const { status, stderr } = await run(body, "validate");
  expect([status, stderr.split("\n")[0]]).toEqual([1, said]);
});

test.each([["schema"], ["validate", "--json"]])(
  "what it prints is not in the results of %s",
  async (...args) => {
    const body = 'console.log("one"); process.stdout.write("two\\n");';
    const { status, stdout, stderr } = await run(body, ...args);
    expect([status, stderr]).toEqual([0, expect.stringContaining("one\ntwo\n")]);
    expect(JSON.parse(stdout)).toBeTypeOf("object");
  },
);

test("a reader that ends early is no failure", async () => {
  const { folder } = await ownProject({
    "flotilla.config.ts":
      'import { defineFleet } from "flotilla";\nexport default defineFleet({});\n',
  });
  const line = `set -o pipefail; '${process.execPath}' '${program}' schema | head -c 1`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", line], {
    cwd: folder,
    encoding: "utf8",
  });
  expect([status, stdout, stderr]).toEqual([0, "{", ""]);
});
