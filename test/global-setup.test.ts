/** What is above the folders of tests does not matter to them. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test, vi } from "vitest";
import { fleetFileAbove } from "../cli/project/fleet-file.ts";
import { temporaryFolder } from "./cli/temporary.ts";
import setup from "./global-setup.ts";

test("a fleet file and a Git repository in the folder for temporary files are not found", () => {
  const above = temporaryFolder();
  writeFileSync(join(above, "fleet.yaml"), "nonsense: [");
  execFileSync("git", ["init", "--quiet", above]);
  vi.stubEnv("GIT_CEILING_DIRECTORIES", undefined);
  vi.stubEnv("TMPDIR", above);
  const remove = setup();
  const folder = join(tmpdir(), "test");
  mkdirSync(folder);
  expect(folder.startsWith(above)).toBe(true);
  expect(fleetFileAbove(folder)).toBeUndefined();
  expect(spawnSync("git", ["-C", folder, "rev-parse", "--show-toplevel"]).status).toBe(128);
  remove?.();
  expect(readdirSync(above).toSorted()).toEqual([".git", "fleet.yaml"]);
});

test("this run has such a folder, once for all projects of vitest", () => {
  expect(basename(tmpdir())).toMatch(/^flotilla-run-/);
  expect(existsSync(join(tmpdir(), ".git"))).toBe(true);
  expect(setup()).toBeUndefined();
});
