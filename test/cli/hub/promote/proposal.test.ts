/** Commits and branches of `promote` and `rollback` in repositories that are not as usual. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flotilla } from "../../command-line.ts";
import { isolateGit } from "../../publish/state-repository.ts";
import { temporaryFolder } from "../../temporary.ts";

isolateGit();

const example = join(import.meta.dirname, "..", "..", "..", "..", "fleet.yaml");

/** The example fleet in a folder of a repository with an origin. */
function workplace(name: string) {
  const top = temporaryFolder();
  const work = join(top, "work");
  const folder = join(work, name);
  const origin = join(top, "origin.git");
  const git = (...args: string[]) => execFileSync("git", args, { cwd: work, encoding: "utf8" });
  mkdirSync(folder, { recursive: true });
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", origin]);
  git("init", "--quiet", "--initial-branch=main");
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.com");
  copyFileSync(example, join(folder, "fleet.yaml"));
  git("add", ".");
  git("commit", "--quiet", "-m", "First");
  git("push", "--quiet", origin, "main");
  git("remote", "add", "origin", origin);
  const back = ["rollback", "point-of-sale", "--ring", "canary", "--to", "6.9.0", "--force"];
  return {
    work,
    folder,
    git,
    file: join(folder, "fleet.yaml"),
    back: (...args: string[]) => flotilla(folder, [...back, ...args]),
  };
}

test.each(["flöte", "店", "my fleet", 'a "b"', "tab\there"])(
  "a pull request from the folder %j",
  async (name) => {
    const { back, git } = workplace(name);
    const { code, err } = await back("--pull-request");
    expect([code, err]).toEqual([0, expect.stringContaining("Pushed the branch flotilla/")]);
    git("fetch", "--quiet", "origin", "+refs/heads/*:refs/heads/*", "--update-head-ok");
    const branches = ["main", "flotilla/point-of-sale-canary-6.9.0"];
    expect(git("diff", "-z", "--name-only", ...branches)).toBe(`${name}/fleet.yaml\0`);
  },
);

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot).each([[], ["--pull-request"]])(
  "a repository of another user is refused in Git's words, with %j",
  async (...args) => {
    const { back, file, work } = workplace("fleet");
    const before = readFileSync(file, "utf8");
    for (const place of [work, join(work, ".git")]) chownSync(place, 12_345, 12_345);
    const { code, err } = await back(...args);
    expect([code, err]).toEqual([1, expect.stringContaining("Git can't use this repository")]);
    expect(err).toContain("dubious ownership");
    expect(readFileSync(file, "utf8")).toBe(before);
  },
);

test("a commit that a signal ends leaves the file as it was", async () => {
  const { back, file, work } = workplace("fleet");
  const before = readFileSync(file, "utf8");
  const hook = join(work, ".git", "hooks", "pre-commit");
  mkdirSync(join(work, ".git", "hooks"), { recursive: true });
  writeFileSync(hook, "#!/bin/sh\nkill -TERM $PPID\nsleep 1\n");
  chmodSync(hook, 0o755);
  const { code, err } = await back();
  expect([code, err]).toEqual([1, expect.stringContaining("git commit was ended by SIGTERM")]);
  expect(readFileSync(file, "utf8")).toBe(before);
});
