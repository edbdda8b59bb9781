/** `promote` and `rollback`: what they choose, what they ask the hub, and what they write to Git. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { withVersion } from "../../../../cli/hub/promote/version-change.ts";
import { earlierVersions } from "../../../../cli/hub/promote/version-history.ts";
import { loadFleet } from "../../../../fleet/resolve/load.ts";
import { flotilla } from "../../command-line.ts";
import { fakeHub } from "../fake-kubectl.ts";
import { playHub, type DeviceSample } from "../status/status-sample.ts";
import { temporaryFolder } from "../../temporary.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..");
const example = readFileSync(join(root, "fleet.yaml"), "utf8");
const fleetFile = join(root, "fleet.yaml");

type Samples = Readonly<Record<string, DeviceSample>>;

/** The example fleet in a Git repository whose origin is beside it, in a folder below its top. */
function workplace(samples: Samples = {}) {
  const top = temporaryFolder();
  const origin = join(top, "origin.git");
  const work = join(top, "work");
  const folder = join(work, "fleets");
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" });
  mkdirSync(folder, { recursive: true });
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", origin]);
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", work]);
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.com");
  copyFileSync(fleetFile, join(folder, "fleet.yaml"));
  writeFileSync(join(folder, "notes.txt"), "mine\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "First");
  git("remote", "add", "origin", origin);
  git("push", "--quiet", "origin", "main");
  const { fleet } = loadFleet(join(folder, "fleet.yaml"));
  const hub = fakeHub("hub");
  playHub(hub, fleet, Math.floor(Date.now() / 1000), samples);
  return {
    folder,
    origin,
    hub,
    git,
    text: () => readFileSync(join(folder, "fleet.yaml"), "utf8"),
    run: (...args: string[]) => flotilla(folder, args, hub.environment),
  };
}

const line = "versions: { canary: 6.9.2, early: 6.9.1, stable: 6.9.1 }";
const promoted = "versions: { canary: 6.9.2, early: 6.9.2, stable: 6.9.1 }";

describe("flotilla promote", () => {
  test("changes one line of fleet.yaml and commits it alone", async () => {
    const { folder, text, run, git } = workplace();
    writeFileSync(join(folder, "notes.txt"), "changed\n");
    const { code, err } = await run("promote", "point-of-sale");
    expect(err).toContain("canary 6.9.2: 1 of 1 healthy");
    expect(code).toBe(0);
    expect(text()).toBe(example.replace(line, promoted));
    expect(git("log", "-1", "--format=%s")).toBe("Promote point-of-sale 6.9.2 to early\n");
    expect(git("show", "--stat", "--format=", "HEAD")).toMatch(
      /^ fleets\/fleet\.yaml \| 2 \+-\n 1 /,
    );
    expect(git("status", "--porcelain")).toBe(" M fleets/notes.txt\n");
  });

  test("goes to the ring that is named, in JSON", async () => {
    const { run } = workplace();
    const { code, out } = await run("promote", "telemetry", "--to", "stable", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      workload: "telemetry",
      from: "early",
      ring: "stable",
      before: "1.9.0",
      version: "1.9.1",
      health: { ring: "early", devices: 17, healthy: 17 },
      branch: null,
    });
  });

  test("pushes a branch and leaves the work tree as it is", async () => {
    const { run, git, text, origin } = workplace();
    const before = git("rev-parse", "HEAD");
    const { code, err } = await run("promote", "point-of-sale", "--pull-request");
    expect(err).toContain("Pushed the branch flotilla/point-of-sale-early-6.9.2");
    expect(code).toBe(0);
    expect([text(), git("rev-parse", "HEAD"), git("status", "--porcelain")]).toEqual([
      example,
      before,
      "",
    ]);
    const branch = "flotilla/point-of-sale-early-6.9.2";
    const shown = execFileSync("git", ["-C", origin, "diff", "--stat", "main", branch]);
    expect(String(shown)).toMatch(/^ fleets\/fleet\.yaml \| 2 \+-\n 1 file/);
  });

  test("can only print what it would do, or only write the file", async () => {
    const { run, git, text } = workplace();
    const dry = await run("promote", "point-of-sale", "--dry-run");
    expect([dry.code, text()]).toEqual([0, example]);
    expect(dry.err).toContain("point-of-sale in early: 6.9.1 → 6.9.2 (not done: --dry-run)");
    const written = await run("promote", "point-of-sale", "--no-commit");
    expect([written.code, git("log", "--format=%s")]).toEqual([0, "First\n"]);
    expect(text()).toBe(example.replace(line, promoted));
  });

  test.each(["promote", "rollback"])("%s: a pull request is a commit", async (command) => {
    const { run, git, text } = workplace();
    const args = ["point-of-sale", "--no-commit", "--pull-request"];
    const { code, err } = await run(command, ...args);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(
        "error: option '--pull-request' cannot be used with option '--no-commit'\n",
      ),
    ]);
    expect([text(), git("ls-remote", "--heads", "origin").split("\n")]).toEqual([
      example,
      [expect.stringContaining("refs/heads/main"), ""],
    ]);
  });

  const away: DeviceSample = { ageSeconds: 9999 };
  const degraded: DeviceSample = { applications: { telemetry: { health: "Degraded" } } };
  const starting: DeviceSample = { applications: { telemetry: { health: "Progressing" } } };
  const old: DeviceSample = {
    applications: { telemetry: { images: ["quay.io/prometheus/node-exporter:v1.9.0"] } },
  };
  test.each<[string, Samples, string]>([
    ["degraded", { "store-0002": degraded }, "1.9.1 is degraded on store-0002"],
    [
      "not healthy yet",
      { "store-0002": starting, "store-0003": old },
      "1.9.1 is not healthy yet on 2 of 17 in early",
    ],
    [
      "too few",
      Object.fromEntries(["02", "03", "04", "05"].map((end) => [`store-00${end}`, away])),
      "only 13 of 17 in early are healthy, and 80 % are required; away: store-0002, store-0003, store-0004 and 1 more",
    ],
  ])("is refused while it is %s", async (_what, samples, reason) => {
    const { run, text, git } = workplace(samples);
    const { code, err } = await run("promote", "telemetry");
    expect(err).toContain(`flotilla: ${reason}. Nothing was changed;`);
    expect([code, text(), git("log", "--format=%s")]).toEqual([1, example, "First\n"]);
    expect((await run("promote", "telemetry", "--force")).code).toBe(0);
  });

  test("does not wait for devices that are away", async () => {
    const { run } = workplace({ "store-0002": away, "store-0003": away });
    const { code, err } = await run("promote", "telemetry");
    expect(err).toContain("early 1.9.1: 15 of 17 healthy, 2 away (store-0002, store-0003)");
    expect(code).toBe(0);
  });

  test("continues without a hub only with --force", async () => {
    const { run, hub } = workplace();
    hub.fail("applications", "Unable to connect to the server: dial tcp: i/o timeout");
    hub.fail("config", "error: current-context is not set");
    expect((await run("promote", "point-of-sale")).code).toBe(1);
    const forced = await run("promote", "point-of-sale", "--force", "--json");
    expect([forced.code, JSON.parse(forced.out)]).toEqual([
      0,
      expect.objectContaining({ health: null }),
    ]);
  });

  test.each([
    [
      ["promote", "point-of-sal"],
      'this fleet has no workload "point-of-sal". Did you mean point-of-sale?',
    ],
    [
      ["promote", "point-of-sale", "--to", "stabel"],
      'this fleet has no ring "stabel". Did you mean stable?',
    ],
    [
      ["promote", "telemetry", "--to", "early"],
      "telemetry has nothing to promote: canary 1.9.1, early 1.9.1, stable 1.9.0. Write the new version of canary first.",
    ],
    [["promote", "telemetry", "--from", "stable", "--to", "canary"], "canary is not after stable"],
    [
      ["rollback", "telemetry", "--ring", "early", "--to", "1.9.1"],
      "early has telemetry 1.9.1 already",
    ],
    [
      ["rollback", "telemetry"],
      "the history of this file has no earlier version of telemetry in early than 1.9.1. Give one: --to <version>",
    ],
    [
      ["rollback", "telemetry", "--to", "1.8.0"],
      "the history of this file has no version 1.8.0 of telemetry in early. To use it anyway, add --force",
    ],
  ])("%j is refused by name", async (args, message) => {
    const { run, text } = workplace();
    const { code, err } = await run(...args);
    expect(err).toContain(message);
    expect([code, text()]).toEqual([1, example]);
  });

  test("is refused if the file has changes that are not committed", async () => {
    const { run, folder, text } = workplace();
    writeFileSync(join(folder, "fleet.yaml"), `${example}# mine\n`);
    const { code, err } = await run("promote", "point-of-sale");
    expect(err).toContain("fleet.yaml has changes that are not committed");
    expect([code, text()]).toEqual([1, `${example}# mine\n`]);
  });

  test("leaves the file unchanged if a hook refuses the commit", async () => {
    const { run, git, text } = workplace();
    const hook = join(git("rev-parse", "--absolute-git-dir").trim(), "hooks", "pre-commit");
    mkdirSync(join(hook, ".."), { recursive: true });
    writeFileSync(hook, "#!/bin/sh\necho not on a Friday >&2\nexit 1\n", { mode: 0o755 });
    const { code, err } = await run("promote", "point-of-sale");
    expect(err).toContain(
      "flotilla: the commit was refused, and nothing was changed. Git says:\n  not on a Friday\n",
    );
    expect([code, text()]).toEqual([1, example]);
    writeFileSync(hook, "#!/bin/sh\nexit 3\n", { mode: 0o755 });
    expect((await run("promote", "point-of-sale")).err).toContain("a hook may have refused it");
    writeFileSync(hook, "#!/bin/sh\necho well done\n", { mode: 0o755 });
    const taken = await run("promote", "point-of-sale");
    expect([taken.code, taken.err]).toEqual([0, expect.stringContaining("well done\n")]);
  });

  test("does not commit on a detached HEAD", async () => {
    const { run, git, text } = workplace();
    git("checkout", "--quiet", "--detach");
    for (const option of ["--commit", "--pull-request"]) {
      const args = option === "--commit" ? [] : [option];
      const { code, err } = await run("promote", "point-of-sale", ...args);
      expect(err).toContain("flotilla: HEAD is detached: no branch is checked out here");
      expect([code, text()]).toEqual([1, example]);
    }
    expect((await run("promote", "point-of-sale", "--no-commit")).code).toBe(0);
  });

  test("asks for a choice if more than one step is possible", async () => {
    const { run, folder, git } = workplace();
    writeFileSync(
      join(folder, "fleet.yaml"),
      example.replace("early: 1.9.1, stable: 1.9.0", "early: 1.9.0, stable: 1.8.0"),
    );
    git("commit", "--quiet", "-am", "Second");
    const { err } = await run("promote", "telemetry");
    expect(err).toContain("Choose one: --from canary --to early, or --from early --to stable");
  });
});

describe("--pull-request", () => {
  const branch = "flotilla/point-of-sale-early-6.9.2";
  const inOrigin = (origin: string, ...args: string[]) =>
    execFileSync("git", ["-C", origin, ...args], { encoding: "utf8" });

  test.each([
    ["commits on the branch", ["main"]],
    ["another branch", ["switch", "--quiet", "--create", "mine"]],
  ])("contains nothing else that is not pushed: %s", async (_, switching) => {
    const { run, git, folder, origin } = workplace();
    if (switching.length > 1) git(...switching);
    writeFileSync(join(folder, "notes.txt"), "not pushed\n");
    writeFileSync(join(folder, "fleet.yaml"), `${example}# not pushed\n`);
    git("commit", "--quiet", "-am", "Not pushed");
    git("tag", "-a", "-m", "x", "mine-1");
    git("config", "push.followTags", "true");
    const before = git("for-each-ref", "refs/heads", "refs/tags");
    const { code, err } = await run("promote", "point-of-sale", "--pull-request");
    expect(err).toContain(`Pushed the branch ${branch}`);
    expect(code).toBe(0);
    expect(inOrigin(origin, "log", "--format=%s", `main..${branch}`)).toBe(
      "Promote point-of-sale 6.9.2 to early\n",
    );
    expect(inOrigin(origin, "show", `${branch}:fleets/fleet.yaml`)).toBe(
      example.replace(line, promoted),
    );
    expect(inOrigin(origin, "tag")).toBe("");
    expect(git("for-each-ref", "refs/heads", "refs/tags")).toBe(before);
  });

  test("is based on what others pushed in the meantime", async () => {
    const { run, git, origin } = workplace();
    git("commit", "--quiet", "--allow-empty", "-m", "Of another");
    git("push", "--quiet", "origin", "main");
    git("reset", "--quiet", "--hard", "HEAD~1");
    git("update-ref", "refs/remotes/origin/main", "HEAD");
    expect((await run("promote", "point-of-sale", "--pull-request")).code).toBe(0);
    const subjects = inOrigin(origin, "log", "--format=%s", branch);
    expect(subjects).toBe("Promote point-of-sale 6.9.2 to early\nOf another\nFirst\n");
  });

  test("is refused if origin has another version of the ring, or already has the branch", async () => {
    const { run, git, folder } = workplace();
    writeFileSync(join(folder, "fleet.yaml"), example.replace("early: 6.9.1", "early: 6.9.0"));
    git("commit", "--quiet", "-am", "Not pushed");
    const other = await run("promote", "point-of-sale", "--to", "early", "--pull-request");
    expect([other.code, other.err]).toEqual([
      1,
      expect.stringContaining(
        "origin's main has 6.9.1 of point-of-sale in early, and here it is 6.9.0. Pull first",
      ),
    ]);
    git("reset", "--quiet", "--hard", "origin/main");
    git("push", "--quiet", "origin", `main:refs/heads/${branch}`);
    git("config", "user.name", "Grace");
    expect((await run("promote", "point-of-sale", "--pull-request")).code).toBe(0);
    git("config", "user.name", "Ada");
    const again = await run("promote", "point-of-sale", "--pull-request");
    expect([again.code, again.err]).toEqual([
      1,
      expect.stringContaining("If origin has this branch already, its pull request is open"),
    ]);
  });

  test("shows the output of a hook of the push", async () => {
    const { run, git } = workplace();
    const hook = join(git("rev-parse", "--absolute-git-dir").trim(), "hooks", "pre-push");
    mkdirSync(join(hook, ".."), { recursive: true });
    writeFileSync(hook, "#!/bin/sh\necho frozen until Monday\nexit 1\n", { mode: 0o755 });
    const { code, err } = await run("promote", "point-of-sale", "--pull-request");
    expect([code, err]).toEqual([1, expect.stringContaining("  frozen until Monday\n")]);
  });
});

describe("flotilla rollback", () => {
  test("returns a ring to its earlier version, from the history", async () => {
    const { run, text } = workplace();
    await run("promote", "point-of-sale");
    const { code, err } = await run("rollback", "point-of-sale", "--ring", "early");
    expect(err).toContain("point-of-sale in early: 6.9.2 → 6.9.1");
    expect([code, text()]).toEqual([0, example]);
  });

  test("chooses the ring that is ahead, and accepts any version", async () => {
    const { run, git } = workplace();
    const { code } = await run("rollback", "point-of-sale", "--to", "6.8.0", "--force");
    expect([code, git("log", "-1", "--format=%s")]).toEqual([
      0,
      "Roll point-of-sale in canary back to 6.8.0\n",
    ]);
  });

  test.each(["a: b", "1 # x", "latest", '"', "~", "x\ny", ""])(
    "refuses a version that validate would refuse: %j",
    async (version) => {
      const { run, git, text } = workplace();
      const all = [[], ["--no-commit"], ["--pull-request"], ["--dry-run"]];
      for (const how of version === "latest" ? all : all.slice(0, 1)) {
        const args = ["rollback", "point-of-sale", "--to", version, "--force", ...how];
        const { code, err } = await run(...args);
        expect(err).toMatch(/^fleet\.yaml:\d+:\d+: workloads\.point-of-sale\.versions\.canary: /);
        expect([code, text(), git("log", "--format=%s")]).toEqual([1, example, "First\n"]);
      }
      expect(git("ls-remote", "--heads", "origin")).toMatch(/^\S+\trefs\/heads\/main\n$/);
    },
  );

  test("run twice goes further back, committed or not", async () => {
    const { run, text, git, folder } = workplace();
    const canary = (version: string) => example.replace("canary: 6.9.2", `canary: ${version}`);
    for (const version of ["6.9.3", "6.9.4"]) {
      writeFileSync(join(folder, "fleet.yaml"), canary(version));
      git("commit", "--quiet", "-am", version);
    }
    const args = ["rollback", "point-of-sale", "--ring", "canary"];
    await run(...args);
    expect(text()).toBe(canary("6.9.3"));
    await run(...args, "--no-commit");
    expect(text()).toBe(example);
    git("commit", "--quiet", "-am", "Back");
    const end = await run(...args);
    expect(end.err).toContain("no earlier version of point-of-sale in canary than 6.9.2. It had:");
    // Not an earlier version, but it has run.
    expect((await run(...args, "--to", "6.9.4")).code).toBe(0);
  });
});

describe("earlier versions", () => {
  test.each([
    ["1", ""],
    ["2 1", "1"],
    ["3 2 1", "2 1"],
    ["2 3 2 1", "1"],
    ["1 2 3 2 1", ""],
    ["4 2 3 2 1", "2 1"],
    ["2 1 2 1", "1"],
    ["2 2 1 1", "1"],
  ])("after %s, the newest first: %s", (versions, earlier) => {
    expect(earlierVersions(versions.split(" ")).join(" ")).toBe(earlier);
  });
});

describe("the edit", () => {
  const change = { workload: "a", ring: "canary", before: "", version: "2.0" };
  test.each([
    [
      "workloads: { a: { versions: { canary: 1.0.1 } } } # x",
      'workloads: { a: { versions: { canary: "2.0" } } } # x',
    ],
    [
      "workloads:\n  a:\n    versions:\n      canary: '1'   # why\n      b: 1\n",
      "workloads:\n  a:\n    versions:\n      canary: '2.0'   # why\n      b: 1\n",
    ],
  ])("of %j keeps everything else", (before, after) => {
    expect(withVersion("fleet.yaml", before, change)).toBe(after);
  });

  test("is refused if the version is shared by an anchor", () => {
    const text = "v: &v 1.0.1\nworkloads: { a: { versions: { canary: *v } } }\n";
    expect(() => withVersion("fleet.yaml", text, change)).toThrow(
      "fleet.yaml:2:39: workloads.a.versions.canary: this version is shared with another place of the file. Write it out here.",
    );
  });

  test("writes exactly the requested version, whatever it looks like", () => {
    const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/);
    fc.assert(
      fc.property(tag, (version) => {
        const text = withVersion("fleet.yaml", example, {
          ...change,
          workload: "telemetry",
          version,
        });
        const before = parse(example) as { workloads: Record<string, { versions: object }> };
        const after = parse(text) as typeof before;
        expect(after.workloads["telemetry"]?.versions).toMatchObject({ canary: version });
        after.workloads["telemetry"]!.versions = before.workloads["telemetry"]!.versions;
        expect(after).toEqual(before);
      }),
    );
  });
});
