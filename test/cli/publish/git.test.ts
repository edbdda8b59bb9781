import { randomBytes } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { git as run } from "../../../cli/publish/git.ts";
import { temporaryFolder } from "../temporary.ts";
import { serveGit } from "./git-server.ts";
import { git, isolateGit } from "./state-repository.ts";

isolateGit();

/** A repository with one commit whose bytes do not compress, and an empty one to push to. */
function twoRepositories(bytes: number): { here: string; there: string } {
  const folder = temporaryFolder();
  const here = join(folder, "here");
  const there = join(folder, "there.git");
  git(folder, "init", "--quiet", "-b", "main", here);
  git(folder, "init", "--quiet", "--bare", there);
  writeFileSync(join(here, "noise"), randomBytes(bytes));
  git(here, "add", "noise");
  const who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  git(here, ...who, "commit", "--quiet", "-m", "Noise");
  return { here, there };
}

/** What git runs instead of ssh: a shell script. */
function sshCommand(script: string): void {
  const path = join(temporaryFolder(), "ssh");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv("GIT_SSH_COMMAND", path);
}

describe("a git that takes long", () => {
  const push = (url: string) => ["push", "--progress", url, "HEAD:refs/heads/main"];

  test("is ended when the server says nothing", async () => {
    const { here, there } = twoRepositories(10);
    const { url } = await serveGit(there, 1);
    const start = Date.now();
    const quiet = await run(here, push(url), { silenceSeconds: 1 });
    expect(quiet).toMatchObject({ code: 124, message: "no progress for 1 s" });
    const late = await run(here, ["ls-remote", url], { timeoutSeconds: 1 });
    expect(late).toMatchObject({ code: 124, message: "no answer in 1 s" });
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  test("goes on while bytes move, and its message has no progress in it", async () => {
    const { here, there } = twoRepositories(600_000);
    // Slower than the limit as a whole; through pipes, whose buffers are small.
    const slow =
      "for await (const chunk of process.stdin) {" +
      "process.stdout.write(chunk); await new Promise((done) => setTimeout(done, chunk.length / 100)); }";
    sshCommand(
      `'${process.execPath}' --input-type=module -e '${slow}' | git receive-pack '${there}'`,
    );
    const start = Date.now();
    const pushed = await run(here, push("git@example.invalid:state.git"), { silenceSeconds: 4 });
    expect(pushed.code, pushed.message).toBe(0);
    expect(Date.now() - start).toBeGreaterThan(5_000);
    expect(pushed.message).toMatch(/^To example\S+\n \* \[new branch\] +HEAD -> main$/);
    expect(git(there, "log", "--format=%s", "main")).toBe("Noise");
  }, 60_000);

  test("is ended although a program that it started goes on", async () => {
    const folder = temporaryFolder();
    // As a transport that ignores that git is gone.
    sshCommand("trap '' TERM PIPE\nsleep 20");
    const start = Date.now();
    const ended = await run(folder, ["ls-remote", "git@example.invalid:state.git"], {
      timeoutSeconds: 1,
    });
    expect(ended.code).toBe(124);
    expect(Date.now() - start).toBeLessThan(10_000);
  });
});
