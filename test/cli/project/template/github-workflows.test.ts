/** The workflows that a new project gets: what they may do, and that each step works as it is written. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { peerPath } from "../../../peers/peers.ts";
import { filesOf, git, isolateGit } from "../../publish/state-repository.ts";
import { ciProject, played, readWorkflow, workflowFolder, type Job } from "./workflow-run.ts";

isolateGit();

const names = ["nightly", "publish", "pull-request"] as const;
const textOf = (name: string) => readFileSync(join(workflowFolder, `${name}.yaml`), "utf8");
const allJobs = names.flatMap((name) =>
  Object.entries(readWorkflow(name).jobs).map(([id, job]): [string, Job] => [`${name}/${id}`, job]),
);

/** The commits of the actions' releases, as their repositories tag them. */
const actions = [
  "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2",
  "actions/setup-node@6044e13b5dc448c55e2357c09f80417699197238 # v6.2.0",
  "actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0",
  "actions/download-artifact@37930b1c2abaa49bbe596cd826c3c89aef350131 # v7.0.0",
  "google-github-actions/auth@7c6bc770dae815cd3e89ee6cdf493a5fab2cc093 # v3.0.0",
  "google-github-actions/setup-gcloud@aa5489c8933f4cc7a4f7d45035b3b1440c9c10db # v3.0.1",
];

describe("the workflows", () => {
  const actionlint = peerPath("actionlint-1.7.12");
  const hasShellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
  const missing = actionlint === undefined || !hasShellcheck;
  const reason = missing
    ? " (SKIPPED: no actionlint or no shellcheck; run test/peers/build.sh)"
    : "";

  test("are these", () => {
    expect(readdirSync(workflowFolder).toSorted()).toEqual(names.map((name) => `${name}.yaml`));
  });

  test.skipIf(missing).each(names)(`actionlint and shellcheck accept %s${reason}`, (name) => {
    const args = ["-shellcheck", "shellcheck", join(workflowFolder, `${name}.yaml`)];
    const { status, stdout, stderr } = spawnSync(actionlint!, args, { encoding: "utf8" });
    expect(status, stdout + stderr).toBe(0);
  });

  test.skipIf(missing)(`actionlint and shellcheck find planted mistakes${reason}`, () => {
    const planted = textOf("publish")
      .replace("inputs.accept }}", "inputs.except }}")
      .replace('[ -z "$STATE_KEY" ]', "[ -z $STATE_KEY ]");
    const args = ["-shellcheck", "shellcheck", "-"];
    const { status, stdout } = spawnSync(actionlint!, args, { encoding: "utf8", input: planted });
    expect(status).toBe(1);
    expect(stdout).toContain('property "except" is not defined');
    expect(stdout).toContain("SC2086");
  });

  test("pin each action by its commit", () => {
    const used = names.flatMap((name) => textOf(name).match(/(?<=uses: ).*/g) ?? []);
    expect([...new Set(used)].toSorted()).toEqual(actions.toSorted());
  });

  test("see no root key, and no secret that they do not need", () => {
    const secretsOf = (name: string) => [
      ...new Set(textOf(name).match(/(?<!steps\.)secrets\.\w+|github\.token/g)),
    ];
    expect(Object.fromEntries(names.map((name) => [name, secretsOf(name).toSorted()]))).toEqual({
      nightly: ["github.token"],
      publish: [
        "secrets.FLOTILLA_PUBLISHING_KEY",
        "secrets.STATE_SIGNING_KEY",
        "secrets.STATE_WRITE_KEY",
      ],
      "pull-request": ["github.token", "secrets.FLOTILLA_PUBLISHING_KEY", "secrets.STATE_READ_KEY"],
    });
    expect(names.map(textOf).join("")).not.toMatch(/FLOTILLA_KEY|fleet\.key|pull_request_target/);
  });

  test("have the least permissions, each job its own", () => {
    expect(names.map((name) => readWorkflow(name).permissions)).toEqual([{}, {}, {}]);
    expect(
      Object.fromEntries(allJobs.map(([id, { permissions = {} }]) => [id, permissions])),
    ).toEqual({
      "nightly/status": { contents: "read", "id-token": "write" },
      "nightly/no-status": {},
      "nightly/pins": { actions: "write", contents: "write", "pull-requests": "write" },
      "publish/publish": { contents: "read" },
      "pull-request/check": { contents: "read" },
      "pull-request/plan": { contents: "read" },
      "pull-request/comment": { "pull-requests": "write" },
    });
    // What may write comments runs no code of the pull request.
    const comment = allJobs.find(([id]) => id === "pull-request/comment")?.[1];
    expect(comment?.steps.map(({ uses }) => uses?.split("@")[0])).toEqual([
      "actions/download-artifact",
      undefined,
    ]);
  });

  test("keep no token, use no text of others in a script, and have a time limit", () => {
    for (const [id, { steps, "timeout-minutes": minutes = 360 }] of allJobs) {
      expect(minutes, id).toBeLessThanOrEqual(30);
      for (const { uses, run, with: values } of steps) {
        if (uses?.startsWith("actions/checkout@")) {
          expect(values, id).toEqual({ "persist-credentials": false });
        }
        expect(run ?? "", id).not.toContain("${{");
      }
    }
    const shells = names.map((name) => readWorkflow(name).defaults);
    expect(shells).toEqual(names.map(() => ({ run: { shell: "bash" } })));
  });

  test("publish one after the other, and only from the default branch", () => {
    const { concurrency, jobs } = readWorkflow("publish");
    expect(concurrency).toEqual({ group: "publish", "cancel-in-progress": false });
    expect(jobs["publish"]).toMatchObject({
      if: "github.ref_name == github.event.repository.default_branch",
      environment: "state",
    });
  });
});

const secrets = (project: { publishingKey: string }) => ({
  "secrets.STATE_READ_KEY": "read key",
  "secrets.STATE_READ_KEY != ''": "true",
  "secrets.STATE_WRITE_KEY": "write key",
  "secrets.STATE_SIGNING_KEY": "",
  "secrets.FLOTILLA_PUBLISHING_KEY": project.publishingKey,
  "inputs.accept": "",
  "github.token": "token",
  "github.event.pull_request.number || inputs.pull-request": "12",
  "github.event.pull_request.head.sha || github.sha": "c0ffee",
  "needs.plan.outputs.page": "https://github.com/harbor/fleet/actions/runs/1/artifacts/2",
});

describe("each step works as it is written", () => {
  test("from a pull request to the state repository", async () => {
    const project = await ciProject();
    const { folder, state, edit, path, runJob } = project;
    const values = secrets(project);
    const first = runJob("publish", "publish", values);
    expect(first.code, first.log).toBe(0);
    expect(first.steps).toEqual(["Install", "Let Git into the state repository", "Publish"]);
    expect(git(state, "log", "-1", "--format=%an <%ae>", "main")).toBe(
      "ann <ann@users.noreply.github.com>",
    );
    const published = filesOf(state);
    expect(Object.keys(published)).toContain("hub/fleet/clusters/store-01.yaml");

    edit("stable: 6.9.1", "stable: 6.9.2");
    const check = runJob("pull-request", "check", values);
    expect(check).toMatchObject({
      code: 0,
      steps: [
        "Install",
        "Validate",
        "Synthesize the hub",
        "Test",
        "See whether there is a key for the state repository",
      ],
      outputs: "can-plan=true\n",
    });
    const plan = runJob("pull-request", "plan", values);
    expect(plan).toMatchObject({ code: 0 });
    expect(plan.summary).toContain("- Workload `point-of-sale in stable` changed: 10 devices\n");
    expect(readFileSync(join(folder, "dist", "plan.html"), "utf8")).toContain("<!doctype html>");
    const marker = "<!-- flotilla plan: harbor -->";
    expect(plan.summary.startsWith(`${marker}\n`)).toBe(true);

    // Somebody else's comment with the same first line, and others before it.
    const others = ["hello", "more", `${marker}\nmine`, "last"];
    const user = { login: "mallory" };
    const before = others.map((body, id) => ({ id, user, body }));
    writeFileSync(path("comments"), JSON.stringify(before));
    const comment = () => {
      // What the action downloads.
      writeFileSync(join(folder, "plan.md"), readFileSync(join(folder, "dist", "plan.md")));
      const run = runJob("pull-request", "comment", values);
      expect(run.code, run.log).toBe(0);
      return JSON.parse(played(path("comments"))) as { body: string }[];
    };
    const link = `\n[The plan as a page](${values["needs.plan.outputs.page"]}), of commit c0ffee\n`;
    expect(comment()).toEqual([...before, { id: 104, user: bot, body: plan.summary + link }]);
    edit("canary: 1.9.1", "canary: 1.9.0");
    expect(runJob("pull-request", "plan", values).code).toBe(0);
    const after = comment();
    expect(after.map(({ body }) => body.split("\n")[0])).toEqual([
      "hello",
      "more",
      marker,
      "last",
      marker,
    ]);
    expect(after[4]?.body).toContain("- Workload `telemetry in canary` changed: 2 devices\n");
    expect(after[2]?.body).toBe(`${marker}\nmine`);

    expect(filesOf(state)).toEqual(published);
    expect(runJob("publish", "publish", values).code).toBe(0);
    const changed = Object.entries(filesOf(state)).filter(
      ([name, text]) => published[name] !== text,
    );
    expect(changed.map(([name]) => name)).toEqual([
      "edge/point-of-sale/stable/deployment-point-of-sale.yaml",
      "edge/telemetry/canary/daemonset-telemetry.yaml",
    ]);
    // Git logs in with the key of the step, checks GitHub's own host key, and asks nothing.
    for (const line of played(path("calls"))
      .split("\n")
      .filter((each) => each.includes(" git@"))) {
      expect(line).toContain(`-o UserKnownHostsFile=${path("runner")}/known_hosts`);
      expect(line).toContain("-o BatchMode=yes");
    }
  }, 240_000);

  test("without secrets a pull request is checked, and says why it has no plan", async () => {
    const { runJob } = await ciProject();
    const check = runJob("pull-request", "check", { "secrets.STATE_READ_KEY != ''": "false" });
    expect(check).toMatchObject({ code: 0, outputs: "can-plan=false\n" });
    expect(check.log).toContain("::notice title=No plan::The secret STATE_READ_KEY is missing.");
    expect(readWorkflow("pull-request").jobs["plan"]?.if).toBe(
      "needs.check.outputs.can-plan == 'true'",
    );
  }, 120_000);

  test("a mistake in fleet.yaml fails the check", async () => {
    const { edit, runJob } = await ciProject();
    edit("ring: canary", "ring: canari");
    const { code, steps, log } = runJob("pull-request", "check", {});
    expect([code, steps.at(-1)]).toEqual([1, "Validate"]);
    expect(log).toMatch(/fleet\.yaml:\d+:\d+: sites\.boston\.ring: /);
  }, 120_000);

  test("a publish that disconnects devices needs a person to accept it; one without a key fails", async () => {
    const project = await ciProject();
    const { edit, state, runJob } = project;
    const values = secrets(project);
    expect(runJob("publish", "publish", values).code).toBe(0);
    const tip = git(state, "rev-parse", "main");
    edit("store-{03..12}", "store-{03..11}");
    const refused = runJob("publish", "publish", values);
    expect(refused.code).toBe(1);
    expect(refused.log).toContain("1 device removed and no longer managed: store-12");
    expect(refused.log).toContain("::error title=Nothing is published::If it asks for --yes:");
    expect(git(state, "rev-parse", "main")).toBe(tip);
    const noKey = runJob("publish", "publish", { ...values, "secrets.STATE_WRITE_KEY": "" });
    expect([noKey.code, noKey.steps.at(-1)]).toEqual([1, "Let Git into the state repository"]);
    const readOnly = { ...values, "secrets.STATE_WRITE_KEY": "read key", "inputs.accept": "true" };
    expect(runJob("publish", "publish", readOnly).code).toBe(1);
    expect(git(state, "rev-parse", "main")).toBe(tip);
    expect(runJob("publish", "publish", { ...values, "inputs.accept": "true" }).code).toBe(0);
    expect(Object.keys(filesOf(state))).not.toContain("hub/fleet/clusters/store-12.yaml");
  }, 240_000);

  test("the status of the hub, each night", async () => {
    const { path, play, runJob } = await ciProject();
    play("kubectl", '#!/bin/sh\necho "kubectl $1" >> "$PLAYED/calls"\necho refused >&2\nexit 1\n');
    const run = runJob("nightly", "status", {
      "vars.HUB_CLUSTER": "harbor-hub",
      "vars.HUB_LOCATION": "us-central1",
      "vars.HUB_PROJECT": "harbor-edge-hub",
    });
    // The hub does not answer: that is an alarm.
    expect([run.code, run.steps.at(-1)]).toEqual([1, "Status"]);
    expect(run.log).toContain("refused");
    expect(run.summary).toMatch(/^```text\n[^]*```\n$/);
    expect(played(path("calls"))).toMatch(
      /^gcloud container clusters get-credentials harbor-hub --location=us-central1 --project=harbor-edge-hub --dns-endpoint\nkubectl /,
    );
    expect(runJob("nightly", "no-status", {}).log).toContain("::notice title=No status::");
  }, 120_000);

  test("newer pins are one pull request, which gets its plan", async () => {
    const project = await ciProject();
    const { folder, origin, path, play, runJob } = project;
    // Without a network: what `flotilla pin` would write. All else is the real program.
    const pin = (version: string) =>
      play(
        "npx",
        `#!/bin/bash
if [ "$*" != "flotilla pin" ]; then exec node "$PLAYED/package/flotilla.mjs" "\${@:2}"; fi
sed -i -E '/cert-manager:/,/version/s/version: .*/version: ${version}/' fleet.lock.yaml
echo 'fleet.lock.yaml: charts/cert-manager v1 → ${version}'
`,
      );
    const lock = readFileSync(join(folder, "fleet.lock.yaml"), "utf8");
    const current = /cert-manager:\n.*\n\s+version: (\S+)/.exec(lock)?.[1] ?? "";
    const night = () => {
      git(folder, "switch", "--quiet", "main");
      const run = runJob("nightly", "pins", { "github.token": "token" });
      expect(run.code, run.log).toBe(0);
      return run.log;
    };
    pin(current);
    expect(night()).toContain("The pins are the newest.");
    pin("v9.9.9");
    night();
    const pulls = () => JSON.parse(played(path("pulls"))) as { title: string; body: string }[];
    expect(pulls()).toEqual([
      {
        number: 12,
        title: "Refresh the pinned versions",
        body: "From flotilla pin:\n\n```text\nfleet.lock.yaml: charts/cert-manager v1 → v9.9.9\n```\n",
      },
    ]);
    const commit = () =>
      git(origin, "log", "--format=%an: %s", "main..flotilla/pins", "--name-only");
    const expected = "github-actions[bot]: Refresh the pinned versions\n\nfleet.lock.yaml";
    expect(commit()).toBe(expected);
    const calls = () => played(path("calls")).split("\n");
    const dispatch =
      "gh workflow run pull-request.yaml --ref flotilla/pins --field pull-request=12";
    expect(calls().filter((line) => line === dispatch)).toHaveLength(1);
    expect(night()).toContain("The branch flotilla/pins has them already.");
    pin("v9.9.10");
    night();
    expect(pulls()).toHaveLength(1);
    expect(pulls()[0]?.body).toContain("v9.9.10");
    expect(commit()).toBe(expected);
    expect(calls().filter((line) => line === dispatch)).toHaveLength(2);
  }, 120_000);
});

const bot = { login: "github-actions[bot]" };
