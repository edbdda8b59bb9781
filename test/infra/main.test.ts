import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileListName } from "../../fleet/files/file-list.ts";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { sortedTree } from "../../fleet/model/tree.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { synthesizeInfra } from "../../cli/project/infra-files.ts";

const root = join(import.meta.dirname, "..", "..");
const settings = ["cdktf.json", "package.json", "tsconfig.json", "fleet.yaml"];
const copied = [...settings, "fleet", "infra", "gitops", "edge", "cli"];

// A copy of the project: cdktf's command line looks for everything in its working folder.
const temporary = mkdtempSync(join(tmpdir(), "flotilla-cdktf-"));
const project = join(temporary, "project");
const home = join(temporary, "home");

beforeAll(() => {
  mkdirSync(home);
  mkdirSync(project);
  for (const name of copied) {
    cpSync(join(root, name), join(project, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"), "junction");
  writeFileSync(join(home, "terraform.rc"), "");
});
afterAll(() => rmSync(temporary, { recursive: true }));

/** Runs a program in the copy, with nothing of this machine's own settings. */
function run(program: string, ...options: readonly string[]) {
  return spawnSync(program, options, {
    cwd: project,
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      TF_CLI_CONFIG_FILE: join(home, "terraform.rc"),
      CHECKPOINT_DISABLE: "1",
      npm_config_update_notifier: "false",
    },
  });
}

function readTree(folder: string): Tree {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  // The list of what is Flotilla's own is beside the synthesis and not a part of it.
  const files = entries.filter((entry) => entry.isFile() && entry.name !== fileListName);
  return sortedTree(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

function expectedTree(): Tree {
  return synthesizeInfra(loadFleet(join(project, "fleet.yaml")).fleet);
}

test("npx cdktf synth writes exactly what synthesizeInfra makes, and only there", () => {
  const { status, stdout, stderr } = run("npx", "--no", "cdktf", "synth");
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toMatch(/Generated Terraform code for the stacks: .*\bhub\b/);
  expect([...readTree(join(project, "dist/infra"))]).toEqual([...expectedTree()]);

  const added = readdirSync(project).filter((name) => !copied.includes(name));
  expect(added.toSorted()).toEqual(["dist", "fleet.lock.yaml", "node_modules"]);
  expect(readFileSync(join(project, "cdktf.json"), "utf8")).toBe(
    readFileSync(join(root, "cdktf.json"), "utf8"),
  );
});

test("a second run touches no file, and leaves what Terraform keeps beside the JSON", () => {
  const [plan, stack] = ["plan", "cdk.tf.json"].map((name) =>
    join(project, "dist/infra/stacks/hub", name),
  ) as [string, string];
  run("node", "--import", "tsx", "infra/main.ts");
  writeFileSync(plan, "kept by Terraform\n");
  const before = statSync(stack).mtimeMs;
  expect(run("node", "--import", "tsx", "infra/main.ts").status).toBe(0);
  expect(statSync(stack).mtimeMs).toBe(before);
  expect(existsSync(plan)).toBe(true);
});

test("cdktf synth --output writes to another folder", () => {
  const { status } = run("npx", "--no", "cdktf", "synth", "--output", "elsewhere/cloud");
  expect(status).toBe(0);
  expect([...readTree(join(project, "elsewhere/cloud"))]).toEqual([...expectedTree()]);
});

test("a mistake in fleet.yaml is printed by line, and nothing is written", () => {
  const folder = join(temporary, "mistaken");
  mkdirSync(folder);
  writeFileSync(join(folder, "fleet.yaml"), "fleet: harbor\ncolour: blue\n");
  const main = join(root, "infra/main.ts");
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules/.bin/tsx"), [main], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^fleet\.yaml:2:1: colour: /m);
  expect(stderr).not.toContain("    at ");
  expect(readdirSync(folder)).toEqual(["fleet.yaml"]);
});

test("cdktf.json has a project ID: without one cdktf would write one into the file", () => {
  const text = readFileSync(join(root, "cdktf.json"), "utf8");
  expect(JSON.parse(text)).toMatchObject({
    projectId: expect.any(String),
    sendCrashReports: false,
  });
});
