/** The versions of an environment are changed in the file that has them. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flotilla } from "../../command-line.ts";
import {
  base,
  environmentProject,
  production,
  staging,
} from "../../project/environment-project.ts";

const rollback = (
  folder: string,
  ring: string,
  to: string,
  environment: string,
  ...more: string[]
) => {
  const args = ["rollback", "telemetry", "--ring", ring, "--to", to, "--force"];
  return flotilla(folder, [...args, "--environment", environment, ...more]);
};

test.each([
  [
    "of the environment",
    "production",
    "canary",
    "environments/production.yaml",
    production.replace("1.9.0", "1.8.0"),
    "",
  ],
  ["of fleet.yaml", "staging", "canary", "fleet.yaml", base.replace("1.9.1", "1.8.0"), ""],
  [
    "of all environments",
    "production",
    "stable",
    "fleet.yaml",
    base.replace("1.9.0", "1.8.0"),
    "fleet.yaml has the version of other environments too: staging\n",
  ],
])("a version %s", async (_, environment, ring, path, text, note) => {
  const folder = environmentProject();
  const { code, err } = await rollback(folder, ring, "1.8.0", environment, "--no-commit");
  expect([code, err]).toEqual([0, expect.stringContaining(`${note}telemetry in ${ring}: `)]);
  expect(err).toContain(`Wrote ${path}.`);
  const all = {
    "fleet.yaml": base,
    "environments/staging.yaml": staging,
    "environments/production.yaml": production,
  };
  for (const [file, before] of Object.entries(all)) {
    expect(readFileSync(join(folder, file), "utf8")).toBe(file === path ? text : before);
  }
});

test("the commit names the environment, and the history is that of its file", async () => {
  const folder = environmentProject();
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", folder, ...args], { encoding: "utf8" });
  git("init", "-q");
  git("config", "user.email", "ada@example.com");
  git("config", "user.name", "Ada");
  const file = join(folder, "environments/production.yaml");
  for (const version of ["1.7.0", "1.8.0"]) {
    writeFileSync(file, production.replace("1.9.0", version));
    git("add", ".");
    git("commit", "-qm", version);
  }
  const args = ["rollback", "telemetry", "--ring", "canary", "--environment", "production"];
  expect(await flotilla(folder, args)).toMatchObject({ code: 0 });
  expect(git("log", "-1", "--format=%s", "--name-only").trim().split(/\n+/)).toEqual([
    "Roll telemetry in canary back to 1.7.0 in production",
    "environments/production.yaml",
  ]);
});
