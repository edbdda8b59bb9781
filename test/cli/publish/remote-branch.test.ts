import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { publish } from "../../../cli/publish/publish.ts";
import { temporaryFolder } from "../temporary.ts";
import { serveGit } from "./git-server.ts";
import { filesOf, first, git, isolateGit, options } from "./state-repository.ts";

isolateGit();

/** A git in front of the real one, which runs `body` at each call, with its number in `$call`. */
function fakeGit(body: string): void {
  const folder = temporaryFolder();
  const real = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  const script = `#!/bin/sh
count=${folder}/count
call=$(( $(cat "$count" 2>/dev/null || echo 0) + 1 ))
echo $call > "$count"
real=${real}
${body}
exec "$real" "$@"
`;
  writeFileSync(join(folder, "git"), script);
  chmodSync(join(folder, "git"), 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
}

describe("the first publish into a repository of this machine", () => {
  const steps = Array.from({ length: 9 }, (_, index) => index + 1);

  test.each(steps)(
    "git fails at call %i, before or after its work: the next run heals",
    async (n) => {
      for (const work of n > 3 ? [""] : ["", '"$real" "$@" >/dev/null 2>&1;']) {
        const folder = temporaryFolder();
        const path = process.env.PATH;
        fakeGit(
          `if [ $call = ${n} ]; then ${work} echo 'No space left on device' >&2; exit 128; fi`,
        );
        await publish(options(folder, first)).catch(() => {});
        expect(readdirSync(folder).filter((name) => name !== "state.git")).toEqual([]);
        vi.stubEnv("PATH", path);
        await publish(options(folder, first));
        expect(filesOf(join(folder, "state.git"))).toMatchObject(first);
      }
    },
  );

  test("a full disk leaves nothing, and the next run heals", async ({ skip }) => {
    const folder = temporaryFolder();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=32k", "tmpfs", folder], { stdio: "pipe" });
    } catch {
      skip("this machine does not let us mount a tmpfs");
    }
    onTestFinished(() => void execFileSync("umount", [folder]));
    await expect(publish(options(folder, first))).rejects.toThrow("No space left on device");
    expect(readdirSync(folder)).toEqual([]);
    execFileSync("mount", ["-o", "remount,size=4m", folder]);
    await publish(options(folder, first));
    expect(filesOf(join(folder, "state.git"))).toMatchObject(first);
  });

  test("removes what a killed run left, fills an empty folder and follows a link", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, ".elsewhere.999999999.tmp", "objects"), { recursive: true });
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync("elsewhere", join(folder, "state.git"));
    await publish(options(folder, first));
    expect(readdirSync(folder).toSorted()).toEqual(["elsewhere", "state.git"]);
    expect(existsSync(join(folder, "elsewhere", "HEAD"))).toBe(true);
    expect(filesOf(join(folder, "elsewhere"))).toMatchObject(first);
  });

  test("makes the folders above it", async () => {
    const folder = temporaryFolder();
    await publish(options(folder, first, { remote: "dist/deep/state.git", branch: "trunk" }));
    expect(git(join(folder, "dist/deep/state.git"), "symbolic-ref", "HEAD")).toBe(
      "refs/heads/trunk",
    );
  });
});

describe("a remote that accepts and then says nothing", () => {
  test.each([
    ["to the question for the branch", 1, 120, /can't be reached.*no answer in 120 s/s],
    [
      "to the fetch",
      2,
      600,
      /main can't be fetched; nothing was published.*no progress for 600 s/s,
    ],
    // After it, the question what arrived gets no answer.
    ["to the push", 3, 600, /can't be reached.*no answer in 120 s/s],
  ])("%s", async (_what, silentFrom, seconds, message) => {
    const folder = temporaryFolder();
    await publish(options(folder, first));
    const { url, connections } = await serveGit(join(folder, "state.git"), silentFrom);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const changed = options(folder, { ...first, "root.yaml": "new\n" }, { remote: url });
    const state = { ended: false };
    const published = publish(changed).finally(() => (state.ended = true));
    const refusal = expect(published).rejects.toThrow(message);
    const reached = async (count: number) => {
      while (connections() < count && !state.ended) await new Promise((done) => setImmediate(done));
    };
    await reached(silentFrom);
    vi.advanceTimersByTime(seconds * 1000);
    if (silentFrom === 3) {
      await reached(4);
      vi.advanceTimersByTime(120_000);
    }
    await refusal;
    expect(filesOf(join(folder, "state.git"))).toMatchObject(first);
  });
});
