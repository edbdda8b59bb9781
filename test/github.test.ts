/** What GitHub reads of this repository: workflows, templates, the notes of a release. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "./cli/temporary.ts";
import { peerPath } from "./peers/peers.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const workflowFolder = ".github/workflows";
const workflows = readdirSync(join(root, workflowFolder));
const uses = (text: string) => [...text.matchAll(/uses: (\S+@.*)$/gm)].map(([, action]) => action);

describe("workflows", () => {
  const actionlint = peerPath("actionlint-1.7.12");
  const isMissing = actionlint === undefined || spawnSync("shellcheck", ["--version"]).status !== 0;
  const suffix = isMissing
    ? " (SKIPPED: no actionlint or no shellcheck; run test/peers/build.sh)"
    : "";

  test.skipIf(isMissing).each(workflows)(`actionlint and shellcheck accept %s${suffix}`, (file) => {
    const args = ["-shellcheck", "shellcheck", join(root, workflowFolder, file)];
    const { status, stdout, stderr } = spawnSync(actionlint!, args, { encoding: "utf8" });
    expect(status, stdout + stderr).toBe(0);
  });

  test.each(workflows)(
    "%s pins its actions by commit, as the workflows of a new project",
    (file) => {
      const template = "cli/project/template/github/workflows";
      const ofProjects = readdirSync(join(root, template)).flatMap((name) =>
        uses(read(`${template}/${name}`)),
      );
      for (const action of uses(read(`${workflowFolder}/${file}`))) {
        expect(action).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
        const [name = ""] = action!.split("@");
        const others = ofProjects.filter((other) => other!.startsWith(`${name}@`));
        expect(new Set([action, ...others]).size).toBe(1);
      }
    },
  );

  test("CI runs on the supported versions of Node", () => {
    const ci = load(read(`${workflowFolder}/ci.yaml`)) as {
      jobs: { test: { strategy: { matrix: { node: number[]; os: string[] } } } };
    };
    const { node, os } = ci.jobs.test.strategy.matrix;
    expect(node).toEqual([20, 22, 24]);
    expect(os).toEqual(["ubuntu-latest", "macos-latest"]);
    expect(node).toContain(Number(read(".nvmrc")));
  });
});

test.each([
  ".github/dependabot.yml",
  ...readdirSync(join(root, ".github/ISSUE_TEMPLATE")).map(
    (name) => `.github/ISSUE_TEMPLATE/${name}`,
  ),
])("%s is YAML", (file) => expect(load(read(file))).toBeTypeOf("object"));

describe("notes of a release", () => {
  function notes(tag: string, version: string, changelog: string) {
    const folder = temporaryFolder();
    mkdirSync(join(folder, ".github"));
    cpSync(join(root, ".github/release-notes.sh"), join(folder, ".github/release-notes.sh"));
    const packageFile = read("package.json").replace(/"version": ".*"/, `"version": "${version}"`);
    writeFileSync(join(folder, "package.json"), packageFile);
    writeFileSync(join(folder, "CHANGELOG.md"), changelog);
    const script = join(folder, ".github/release-notes.sh");
    const { status, stdout, stderr } = spawnSync("sh", [script, tag], { encoding: "utf8" });
    return { status, stdout, stderr };
  }
  const changelog =
    "# Changelog\n\n## [1.2.0] - 2027-01-02\n\n- New.\n\n## [1.1.0] - 2026-12-01\n\n- Old.\n";

  test("are the section of the version", () =>
    expect(notes("v1.2.0", "1.2.0", changelog)).toEqual({
      status: 0,
      stdout: "- New.\n",
      stderr: "",
    }));

  test("a tag that is not the version is refused", () =>
    expect(notes("v1.3.0", "1.2.0", changelog)).toEqual({
      status: 1,
      stdout: "",
      stderr:
        "The tag is v1.3.0, and package.json has version 1.2.0. Tag v1.2.0, or change package.json.\n",
    }));

  test("a version without a dated section is refused", () => {
    const { status, stderr } = notes("v1.2.0", "1.2.0", changelog.replace(" - 2027-01-02", ""));
    expect([status, stderr]).toEqual([
      1,
      'CHANGELOG.md has no section "## [1.2.0] - YYYY-MM-DD". Rename "## [Unreleased]" to it.\n',
    ]);
  });
});

test("the changelog starts with what is not released, and dates what is", () => {
  const [first, ...others] = read("CHANGELOG.md").match(/^## .*$/gm) ?? [];
  expect(first).toBe("## [Unreleased]");
  for (const heading of others)
    expect(heading).toMatch(/^## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
});
