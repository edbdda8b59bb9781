import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { fileListName, formatFileList } from "../../../fleet/files/file-list.ts";
import { publish } from "../../../cli/publish/publish.ts";
import { device, filesOf, first, git, isolateGit, options, pushFile } from "./state-repository.ts";
import { temporaryFolder } from "../temporary.ts";

isolateGit();

describe("publish", () => {
  test("makes the repository and the first commit", async () => {
    const folder = temporaryFolder();
    const progress: string[] = [];
    const onProgress = (line: string) => void progress.push(line);
    const publication = await publish(options(folder, first, { branch: "fleet", onProgress }));
    const repository = join(folder, "state.git");
    expect(publication).toEqual({
      remote: "state.git",
      branch: "fleet",
      commit: { id: git(repository, "rev-parse", "HEAD"), subject: "Add 2 devices" },
      changes: {
        added: [device("store-01"), device("store-02"), "root.yaml"],
        changed: [],
        removed: [],
      },
    });
    expect(progress).toEqual(["Made the Git repository state.git"]);
    expect(filesOf(repository, "fleet")).toEqual({
      ...first,
      [fileListName]: formatFileList(Object.keys(first)),
    });
    expect(git(repository, "log", "--format=%an <%ae> %cn <%ce>%n%B")).toBe(
      "flotilla <flotilla@localhost> flotilla <flotilla@localhost>\n" +
        "Add 2 devices\n\nAdd devices (2): store-01, store-02\nAdd file: root.yaml",
    );
    expect(
      Math.abs(Number(git(repository, "log", "--format=%ct")) - Date.now() / 1000),
    ).toBeLessThan(60);
    git(repository, "fsck", "--strict");
  });

  test("commits nothing if nothing changed", async () => {
    const folder = temporaryFolder();
    await publish(options(folder, first));
    const again = await publish(options(folder, first));
    expect(again.commit).toBeNull();
    expect(again.changes).toEqual({ added: [], changed: [], removed: [] });
    expect(git(join(folder, "state.git"), "rev-list", "--count", "main")).toBe("1");
  });

  test("removes what it wrote, keeps what it did not, and says what changed", async () => {
    const folder = temporaryFolder();
    const repository = join(folder, "state.git");
    await publish(options(folder, { ...first, "edge/telemetry/canary/a.yaml": "a" }));
    pushFile(repository, "README.md", "ours\n");
    pushFile(repository, "hub/fleet/clusters/notes.txt", "by hand\n");
    await publish(
      options(folder, {
        "root.yaml": "root\n",
        [device("store-02")]: "two\n",
        [device("store-03")]: "3\n",
        "edge/telemetry/canary/b.yaml": "b",
      }),
    );
    expect(Object.keys(filesOf(repository))).toEqual([
      fileListName,
      "README.md",
      "edge/telemetry/canary/b.yaml",
      "hub/fleet/clusters/notes.txt",
      device("store-02"),
      device("store-03"),
      "root.yaml",
    ]);
    expect(git(repository, "log", "-1", "--format=%B")).toBe(
      [
        "Add 1 device, change 1 device, remove 1 device, change 1 rollout",
        "",
        "Add device: store-03",
        "Change device: store-02",
        "Remove device: store-01",
        "Change rollout: telemetry in canary",
      ].join("\n"),
    );
    expect(git(repository, "rev-list", "--count", "main")).toBe("4");
  });

  test("refuses to replace a file that it did not write, and adopts an identical one", async () => {
    const folder = temporaryFolder();
    const repository = join(folder, "state.git");
    await publish(options(folder, first));
    pushFile(repository, device("store-03"), "by hand\n");
    pushFile(repository, "edge", "a file\n");
    const before = git(repository, "rev-parse", "main");
    const clashing = { ...first, [device("store-03")]: "3\n", "edge/telemetry/canary/a.yaml": "a" };
    await expect(publish(options(folder, clashing))).rejects.toThrow(
      new OperationError(
        "state.git: main contains files that Flotilla did not write, at paths that it must write: " +
          `edge, ${device("store-03")}. Nothing was published. Move them in that repository; ` +
          "if they are Flotilla's and only the list .flotilla-files was lost, restore it from the " +
          "repository's history",
      ),
    );
    expect(git(repository, "rev-parse", "main")).toBe(before);
    const same = await publish(options(folder, { ...first, [device("store-03")]: "by hand\n" }));
    expect(same.changes).toEqual({ added: [], changed: [], removed: [] });
    expect(same.commit?.subject).toBe("Rewrite the list of Flotilla's files");
  });

  test("restores what was edited, made executable or deleted by others", async () => {
    const folder = temporaryFolder();
    const repository = join(folder, "state.git");
    await publish(options(folder, first));
    const clone = join(temporaryFolder(), "clone");
    git(".", "clone", "--quiet", repository, clone);
    git(clone, "rm", "--quiet", device("store-01"));
    git(clone, "update-index", "--chmod=+x", "root.yaml");
    git(clone, "-c", "user.name=S", "-c", "user.email=s@example.com", "commit", "-qm", "Oops");
    git(clone, "push", "--quiet", "origin", "HEAD");
    const { changes } = await publish(options(folder, first));
    expect(changes).toEqual({ added: [device("store-01")], changed: ["root.yaml"], removed: [] });
    expect(git(repository, "ls-tree", "main", "root.yaml")).toMatch(/^100644 /);
  });

  test("keeps bytes whatever Git's settings for line endings are, and uses the user's own name", async () => {
    const config =
      "[core]\nautocrlf = true\neol = crlf\n[user]\nname = Ada\nemail = ada@example.com\n";
    writeFileSync(process.env["GIT_CONFIG_GLOBAL"] ?? "", config);
    const folder = temporaryFolder();
    const files = {
      ".gitattributes": "* text eol=crlf\n",
      "a.yaml": "a\r\nb\n",
      "b c'd.yaml": "é\n",
    };
    await publish(options(folder, files));
    expect(filesOf(join(folder, "state.git"))).toMatchObject({ "a.yaml": "a\r\nb\n" });
    expect((await publish(options(folder, files))).commit).toBeNull();
    expect(git(join(folder, "state.git"), "log", "--format=%an <%ae>")).toBe(
      "Ada <ada@example.com>",
    );
  });

  test("works from inside a Git hook, which points git at its own repository", async () => {
    const folder = temporaryFolder();
    git(folder, "init", "--quiet");
    vi.stubEnv("GIT_DIR", join(folder, ".git"));
    vi.stubEnv("GIT_INDEX_FILE", join(folder, ".git", "index"));
    const { commit } = await publish(options(folder, first));
    vi.stubEnv("GIT_DIR", undefined);
    vi.stubEnv("GIT_INDEX_FILE", undefined);
    expect(git(join(folder, "state.git"), "rev-parse", "main")).toBe(commit?.id);
    expect(() => git(folder, "rev-parse", "--verify", "HEAD")).toThrow();
  });

  test("publishes to one with SHA-1, whatever the user's default for new repositories is", async () => {
    const folder = temporaryFolder();
    await publish(options(folder, first));
    vi.stubEnv("GIT_DEFAULT_HASH", "sha256");
    const { commit } = await publish(options(folder, { ...first, "root.yaml": "next\n" }));
    expect(commit?.id).toMatch(/^[0-9a-f]{40}$/);
  });

  test.each([
    ["sha1", "sha256"],
    ["sha256", "sha1"],
  ])(
    "publishes first to one with %s, empty or with another branch, if the user's default is %s",
    async (format, standard) => {
      for (const isEmpty of [true, false]) {
        const folder = temporaryFolder();
        const repository = join(folder, "state.git");
        git(folder, "init", "--quiet", "--bare", `--object-format=${format}`, repository);
        vi.stubEnv("GIT_DEFAULT_HASH", format);
        if (!isEmpty) pushFile(repository, "README", "");
        vi.stubEnv("GIT_DEFAULT_HASH", standard);
        for (const remote of ["state.git", `file://${repository}`]) {
          const branch = `state-${remote.length}`;
          const { commit } = await publish(options(folder, first, { remote, branch }));
          expect(commit?.id).toHaveLength(format === "sha1" ? 40 : 64);
          expect(filesOf(repository, branch)).toMatchObject(first);
        }
      }
    },
  );

  test("publishes to a repository that names its objects by SHA-256", async () => {
    const folder = temporaryFolder();
    const repository = join(folder, "state.git");
    git(folder, "init", "--quiet", "--bare", "--object-format=sha256", "-b", "main", repository);
    const seed = join(folder, "seed");
    git(folder, "init", "--quiet", "--object-format=sha256", "-b", "main", seed);
    git(
      seed,
      "-c",
      "user.name=S",
      "-c",
      "user.email=s@example.com",
      "commit",
      "--allow-empty",
      "-qm",
      "Start",
    );
    git(seed, "push", "--quiet", repository, "main");
    await publish(options(folder, first));
    expect((await publish(options(folder, first))).commit).toBeNull();
    expect(filesOf(repository)).toMatchObject(first);
  });
});

describe("publish while others push", () => {
  /** Before each of the first `times` pushes, a commit of another user arrives. */
  function rival(folder: string, times: number): string {
    const repository = join(folder, "state.git");
    // A wrapper of git in the PATH: what it does before a push is what happens in between.
    const bin = temporaryFolder();
    const real = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
    const script = `#!/bin/sh
case " $* " in *" push "*)
  count=$(cat '${bin}/count' 2>/dev/null || echo 0)
  if [ "$count" -lt ${times} ]; then
    echo $((count + 1)) > '${bin}/count'
    tip=$('${real}' -C '${repository}' rev-parse -q --verify main || true)
    blob=$(echo "$count" | '${real}' -C '${repository}' hash-object -w --stdin)
    export GIT_INDEX_FILE='${bin}/index' GIT_AUTHOR_NAME=R GIT_AUTHOR_EMAIL=r@example.com
    export GIT_COMMITTER_NAME=R GIT_COMMITTER_EMAIL=r@example.com
    if [ -n "$tip" ]; then '${real}' -C '${repository}' read-tree main; fi
    '${real}' -C '${repository}' update-index --add --cacheinfo "100644,$blob,rival-$count.txt"
    tree=$('${real}' -C '${repository}' write-tree)
    commit=$(echo Rival | '${real}' -C '${repository}' commit-tree "$tree" \${tip:+-p "$tip"})
    '${real}' -C '${repository}' update-ref refs/heads/main "$commit"
    unset GIT_INDEX_FILE
  fi
esac
exec '${real}' "$@"
`;
    writeFileSync(join(bin, "git"), script, { mode: 0o755 });
    vi.stubEnv("PATH", `${bin}:${process.env["PATH"]}`);
    return repository;
  }

  test.each([1, 3])(
    "applies its change again on top, %i times, and loses no commit",
    async (times) => {
      const folder = temporaryFolder();
      await publish(options(folder, first));
      const repository = rival(folder, times);
      const progress: string[] = [];
      const files = { ...first, [device("store-04")]: "4\n" };
      const onProgress = (line: string) => void progress.push(line);
      const { commit } = await publish(options(folder, files, { onProgress }));
      expect(progress).toEqual(
        Array.from({ length: times }, () => {
          return "Somebody else pushed to main at the same time; trying again on top of that";
        }),
      );
      const found = filesOf(repository);
      expect(found).toMatchObject(files);
      for (let index = 0; index < times; index++) {
        expect(found[`rival-${index}.txt`]).toBe(`${index}\n`);
      }
      expect(git(repository, "rev-list", "--count", "main")).toBe(String(times + 2));
      expect(git(repository, "rev-parse", "main")).toBe(commit?.id);
    },
  );

  test("even if the branch was made in between", async () => {
    const folder = temporaryFolder();
    git(folder, "init", "--quiet", "--bare", "-b", "main", join(folder, "state.git"));
    const repository = rival(folder, 1);
    await publish(options(folder, first));
    expect(filesOf(repository)).toMatchObject({ ...first, "rival-0.txt": "0\n" });
  });

  test("gives up after five times", async () => {
    const folder = temporaryFolder();
    await publish(options(folder, first));
    const repository = rival(folder, 99);
    await expect(publish(options(folder, { "root.yaml": "new" }))).rejects.toThrow(
      new OperationError(
        "state.git: 5 times another push to main came first, so nothing was published; " +
          "try again later",
      ),
    );
    expect(filesOf(repository)).toMatchObject(first);
    expect(git(repository, "rev-list", "--count", "main")).toBe("6");
  });
});
