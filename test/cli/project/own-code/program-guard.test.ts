/** A user's own code in the real program: it cannot end it, fail unseen, or write into its results. */
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedPath } from "../../../peers/peers.ts";
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
  ["await 0; process.exit(0);", "2:18: Error: process.exit() would end"],
  ["process.exit(3);", "2:9: Error: process.exit() would end"],
  [
    "setTimeout(() => process.exit(), 0); await new Promise((done) => setTimeout(done, 9_000));",
    "2:26: Error: process.exit() would end",
  ],
  ['process.chdir("/");', "2:9: Error: process.chdir() would change"],
  ['void Promise.reject(new Error("no price"));', "2:21: Error: no price"],
  [
    'setTimeout(() => { throw new Error("no price"); }); await new Promise((done) => setTimeout(done, 9_000));',
    "2:26: Error: no price",
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
])("%s is reported at its line", async (body, said) => {
  const { status, stderr } = await run(body, "validate");
  expect([status, stderr.split("\n")[0]]).toEqual([1, said]);
});

/** Runs a main of the project, as cdktf, cdk8s and a user do. */
async function runMain(main: string, body: string) {
  const text = `import { defineFleet } from "flotilla";\n${body}\nexport default defineFleet({});\n`;
  const project = await ownProject({ ...packages, "flotilla.config.ts": text });
  const { folder } = project;
  const repository = dirname(dirname(program));
  symlinkSync(repository, join(folder, "node_modules", "flotilla"));
  symlinkSync(join(repository, "node_modules", "tsx"), join(folder, "node_modules", "tsx"));
  project.edit(main, (own) => `${own}\nconsole.log("the main goes on");\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", main], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const exits = "flotilla.config.ts:2:9: Error: process.exit() would end the command.";
const neverEnds =
  "flotilla.config.ts: the program ended, because a promise that is awaited is never";

test.each([
  ["infra/main.ts", "process.exit(0);", exits],
  ["gitops/main.ts", "process.exit(0);", exits],
  ["edge/main.ts", "process.exit(0);", exits],
  ["edge/main.ts", "await new Promise(() => {});", neverEnds],
  [
    "gitops/main.ts",
    "setTimeout(() => process.exit(), 0); await new Promise((done) => setTimeout(done, 9_000));",
    "flotilla.config.ts:2:26: Error: process.exit() would end",
  ],
])("%s fails where own code says %s", { timeout: 120_000 }, async (main, body, said) => {
  const { status, stderr } = await runMain(main, body);
  expect([status, stderr]).toEqual([1, expect.stringContaining(said)]);
});

test("a main goes on after its synthesis, and prints", { timeout: 120_000 }, async () => {
  const body = 'console.log("own code");';
  const { status, stdout, stderr } = await runMain("infra/main.ts", body);
  expect([status, stdout, stderr]).toEqual([
    0,
    "the main goes on\n",
    expect.stringContaining("own code\n"),
  ]);
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

describe("a reader that ends early causes no failure", () => {
  const config = {
    "flotilla.config.ts":
      'import { defineFleet } from "flotilla";\nexport default defineFleet({});\n',
  };
  const readFirst = (folder: string, words: string) => {
    const line = `set -o pipefail; '${process.execPath}' '${program}' ${words} | head -c 1`;
    const options = { cwd: folder, encoding: "latin1" } as const;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", line], options);
    return { status, bytes: stdout.length, stderr };
  };

  test("after the command", async () => {
    const { folder } = await ownProject(config);
    expect(readFirst(folder, "schema")).toEqual({ status: 0, bytes: 1, stderr: "" });
  });

  const packed = sharedPath("fixtures/iso/embed-areas-2022-09.iso.gz");
  test.skipIf(!packed)("in the middle of it (skipped if ../shared is absent)", async () => {
    const project = await ownProject(config);
    const { folder } = project;
    await project.run("keygen");
    await project.run("synth");
    writeFileSync(join(folder, "base.iso"), gunzipSync(readFileSync(packed ?? "")));
    const words = "image cafe-01 --base base.iso --allow-release --stdout";
    const { stderr, ...result } = readFirst(folder, words);
    expect(result).toEqual({ status: 0, bytes: 1 });
    expect(stderr).toMatch(/^warning: base\.iso: [^\n]*\n$/);
  });
});
