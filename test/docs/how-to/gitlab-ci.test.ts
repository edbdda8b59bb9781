/** The example for GitLab: its syntax, its shell, and that its commands work as they are written. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { ciProject, played, type JobRun } from "../../cli/project/template/workflow-run.ts";
import { filesOf, git, isolateGit } from "../../cli/publish/state-repository.ts";

isolateGit();

interface Job {
  readonly extends?: string;
  readonly stage?: string;
  readonly needs?: readonly string[];
  readonly rules?: readonly Readonly<Record<string, unknown>>[];
  readonly before_script?: readonly string[];
  readonly script?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

const document = parseDocument(
  readFileSync(
    join(import.meta.dirname, "..", "..", "..", "docs", "how-to", "gitlab-ci.yml"),
    "utf8",
  ),
);
const {
  default: defaults,
  workflow,
  stages,
  ...jobs
} = document.toJS() as {
  readonly default: Job;
  readonly workflow: Job;
  readonly stages: readonly string[];
} & Readonly<Record<string, Job>>;
const entries = Object.entries(jobs as Readonly<Record<string, Job>>);

/** What the example uses of GitLab's CI/CD YAML syntax. */
const keywords = new Set(
  "after_script artifacts before_script cache environment extends image interruptible needs resource_group rules script stage variables".split(
    " ",
  ),
);

describe("the syntax", () => {
  test("is YAML without a mistake", () => {
    expect([...document.errors, ...document.warnings]).toEqual([]);
    expect(stages).toEqual(["check", "plan", "comment", "publish", "nightly"]);
    expect(workflow.rules).toHaveLength(2);
  });

  test.each([...entries, ["default", defaults] as const])("%s has known keywords", (_, job) => {
    expect(Object.keys(job).filter((key) => !keywords.has(key))).toEqual([]);
    // A line that YAML reads as a mapping is not a command.
    for (const line of [...(job.before_script ?? []), ...(job.script ?? [])]) {
      expect(typeof line).toBe("string");
    }
  });

  test.each(entries)("%s has a stage, a script and rules, and needs jobs that exist", (_, job) => {
    const whole = { ...(jobs as Record<string, Job>)[job.extends ?? ""], ...job };
    expect(stages).toContain(whole.stage);
    expect(whole.script).not.toHaveLength(0);
    expect(job.needs?.filter((name) => !(name in jobs)) ?? []).toEqual([]);
    for (const rule of whole.rules ?? []) {
      expect(rule["if"]).toMatch(
        /^\$\w+( == (\$\w+|"\w+")| != "\w+")?( && \$\w+( == (\$\w+|"\w+"))?)*$/,
      );
    }
    if (!Object.keys(jobs).some((name) => jobs[name] === job && name.startsWith("."))) {
      expect(whole.rules).toBeDefined();
    }
  });

  const hasShellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
  const reason = hasShellcheck ? "" : " (SKIPPED: no shellcheck; run test/peers/build.sh)";
  test.skipIf(!hasShellcheck).each(entries)(`shellcheck accepts %s${reason}`, (_, job) => {
    const input = ["#!/bin/bash", ...(job.before_script ?? []), ...(job.script ?? [])].join("\n");
    const { status, stdout } = spawnSync("shellcheck", ["-"], { encoding: "utf8", input });
    expect(status, stdout).toBe(0);
  });

  test("has no root key", () => {
    expect(String(document)).not.toMatch(/FLOTILLA_KEY|fleet\.key/);
  });
});

test("its commands work as they are written", async () => {
  const project = await ciProject();
  const { folder, state, path, play, edit, runScript } = project;
  play("curl", curl);
  edit("https://github.com/", "git@github.com:");
  for (const name of ["read", "write"]) writeFileSync(path(`${name}.key`), `${name} key\n`);
  writeFileSync(path("known_hosts"), "");
  const variables = {
    FLOTILLA_PUBLISHING_KEY: project.publishingKey,
    STATE_READ_KEY: path("read.key"),
    STATE_WRITE_KEY: path("write.key"),
    SSH_KNOWN_HOSTS: path("known_hosts"),
    COMMENT_TOKEN: "comment-token",
    PINS_TOKEN: "pins-token",
    GITLAB_USER_NAME: "Ann",
    GITLAB_USER_EMAIL: "ann@harbor.example",
    CI_API_V4_URL: "https://gitlab.example/api/v4",
    CI_PROJECT_ID: "7",
    CI_MERGE_REQUEST_IID: "12",
    CI_SERVER_HOST: "gitlab.example",
    CI_PROJECT_URL: path("fleet"),
  };
  const run = (name: string, more: Readonly<Record<string, string>> = {}): JobRun => {
    const job = (jobs as Record<string, Job>)[name]!;
    const whole = { ...(jobs as Record<string, Job>)[job.extends ?? ""], ...job };
    const own = { ...variables, ...whole.variables, ...more };
    return runScript((whole.script ?? []).join("\n"), own);
  };
  const succeed = (name: string) => {
    const { code, log } = run(name);
    expect(code, log).toBe(0);
    return log;
  };
  const installed = runScript((defaults.before_script ?? []).join("\n"), {
    npm_config_offline: "true",
  });
  expect(installed.code, installed.log).toBe(0);
  succeed("check");
  succeed("publish");
  expect(git(state, "log", "-1", "--format=%an <%ae>", "main")).toBe("Ann <ann@harbor.example>");
  edit("store-{03..12}", "store-{03..11}");
  succeed("plan");
  expect(readFileSync(join(folder, "dist", "plan.html"), "utf8")).toContain("<!doctype html>");

  const notes = () => JSON.parse(played(path("notes")) || "[]") as { id: number; body: string }[];
  writeFileSync(path("notes"), JSON.stringify([{ id: 1, body: "hello" }]));
  succeed("comment");
  const plan = readFileSync(join(folder, "dist", "plan.md"), "utf8");
  expect(plan).toContain("**1 device removed and no longer managed:** `store-12`.");
  expect(notes()).toEqual([
    { id: 1, body: "hello" },
    { id: 2, body: plan },
  ]);
  succeed("comment");
  expect(notes()).toHaveLength(2);

  const refused = run("publish");
  expect([refused.code, refused.log.includes("add --yes")]).toEqual([1, true]);
  succeed("accept");
  expect(Object.keys(filesOf(state))).not.toContain("hub/fleet/clusters/store-12.yaml");

  // Without a network: what `flotilla pin` would write. All else is the real program.
  const program = `exec node "$PLAYED/package/flotilla.mjs" "\${@:2}"`;
  play(
    "npx",
    `#!/bin/bash\nif [ "$2" != pin ]; then ${program}; fi\nsed -i 's/version: v1.21.1/version: v9.9.9/' fleet.lock.yaml\n`,
  );
  git(project.origin, "config", "receive.advertisePushOptions", "true");
  git(folder, "checkout", "--quiet", "--", ".");
  succeed("pins");
  expect(git(project.origin, "log", "--format=%an: %s", "main..flotilla/pins", "--name-only")).toBe(
    "flotilla: Refresh the pinned versions\n\nfleet.lock.yaml",
  );
}, 240_000);

/** GitLab's notes of a merge request, for whoever has the token. */
const curl = `#!/usr/bin/env node
const fs = require("node:fs");
const args = process.argv.slice(2);
const option = (name) => args[args.indexOf(name) + 1];
if (!fs.readFileSync(option("--config"), "utf8").includes('header = "PRIVATE-TOKEN: comment-token"')) process.exit(22);
const notes = JSON.parse(fs.readFileSync("$PLAYED/notes", "utf8"));
const list = "https://gitlab.example/api/v4/projects/7/merge_requests/12/notes";
const url = args.find((each) => each.startsWith("https:"));
if (!args.includes("--request")) {
  if (url !== list + "?sort=asc&per_page=100") process.exit(22);
  process.stdout.write(JSON.stringify(notes));
} else {
  const { body } = JSON.parse(fs.readFileSync(option("--json").slice(1), "utf8"));
  const one = notes.find(({ id }) => url === list + "/" + id);
  if (option("--request") === "POST" && url === list) notes.push({ id: notes.length + 1, body });
  else if (option("--request") === "PUT" && one) one.body = body;
  else process.exit(22);
  fs.writeFileSync("$PLAYED/notes", JSON.stringify(notes));
}
`;
