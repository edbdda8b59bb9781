/** The texts of the programs: the same on every machine, whole, and beside the command line's bundle. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { bundlePrograms, programs, programText } from "../../../gitops/programs/bundle.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const folder = mkdtempSync(join(tmpdir(), "flotilla-programs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const texts = bundlePrograms();

test("every program has its text", () => {
  expect([...texts.keys()].toSorted()).toEqual([...programs].toSorted());
});

test.each(programs)("%s is a module that Node takes, with imports from Node alone", (name) => {
  const text = programText(name);
  expect(text.split("\n")[0]).toBe(`// Written by flotilla from gitops/programs/${name}/.`);
  const imported = [...text.matchAll(/^import .* from "([^"]+)";$/gm)].map(([, from = ""]) => from);
  const own = builtinModules.map((module) => `node:${module}`);
  expect(imported.filter((from) => !own.includes(from))).toEqual([]);
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, text);
  execFileSync(process.execPath, ["--check", file]);
});

test("all of them fit one ConfigMap", () => {
  expect([...texts.values()].join("").length).toBeLessThan(512 * 1024);
});

test("the texts do not depend on the folder of the sources", () => {
  const copy = join(folder, "elsewhere", "deeper");
  mkdirSync(copy, { recursive: true });
  for (const part of ["package.json", "fleet", "gitops"]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  for (const name of ["@bufbuild/protobuf", "@stablelib/snappy", "esbuild", "@esbuild"]) {
    cpSync(join(root, "node_modules", name), join(copy, "node_modules", name), { recursive: true });
  }
  const script = `
    const { bundlePrograms } = await import(${JSON.stringify(join(copy, "gitops/programs/bundle.ts"))});
    process.stdout.write(JSON.stringify([...bundlePrograms()]));`;
  const options = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", script];
  const output = execFileSync(process.execPath, options, { cwd: folder, encoding: "utf8" });
  expect(new Map(JSON.parse(output) as [string, string][])).toEqual(texts);
});

test("the bundled command line has the same texts beside it, and starts no esbuild", async () => {
  const bundle = pathToFileURL(join(root, "cli", "bundle.mjs")).href;
  const { program } = (await import(bundle)) as { program: () => Promise<string> };
  const place = join(dirname(await program()), "programs");
  for (const [name, text] of texts) {
    expect(readFileSync(join(place, `${name}.mjs`), "utf8"), name).toBe(text);
  }
  const fleet = join(folder, "fleet");
  mkdirSync(fleet);
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [join(root, "cli", "flotilla.mjs"), ...words], {
      cwd: fleet,
      encoding: "utf8",
      env: { ...process.env, ESBUILD_BINARY_PATH: "/nonexistent/esbuild" },
    });
  expect(run("init").status).toBe(0);
  expect(run("keygen").status).toBe(0);
  const { status, stderr } = run("synth");
  expect(status, stderr).toBe(0);
});
