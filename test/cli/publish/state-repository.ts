/** A state repository of one test, and what is published to it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import type { PublishOptions } from "../../../cli/publish/publish.ts";
import { sortedTree } from "../../../fleet/model/tree.ts";
import { temporaryFolder } from "../temporary.ts";

/** No configuration of the machine that the tests run on has a say. */
export function isolateGit(): void {
  beforeEach(() => {
    vi.stubEnv("GIT_CONFIG_GLOBAL", join(temporaryFolder(), "gitconfig"));
    vi.stubEnv("GIT_CONFIG_SYSTEM", "/dev/null");
    for (const name of ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL"])
      vi.stubEnv(name, undefined);
  });
  afterEach(() => vi.unstubAllEnvs());
}

export function git(folder: string, ...args: string[]): string {
  return execFileSync("git", ["-C", folder, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
}

export const device = (name: string) => `hub/fleet/clusters/${name}.yaml`;
export const first = {
  "root.yaml": "root\n",
  [device("store-01")]: "1\n",
  [device("store-02")]: "2\n",
};

export function options(
  directory: string,
  files: Record<string, string>,
  rest: Partial<PublishOptions> = {},
): PublishOptions {
  return {
    remote: "state.git",
    branch: "main",
    directory,
    tree: sortedTree(Object.entries(files)),
    ...rest,
  };
}

/** The files of a branch, as path → text. */
export function filesOf(repository: string, branch = "main"): Record<string, string> {
  const paths = git(repository, "ls-tree", "-r", "--name-only", branch).split("\n");
  return Object.fromEntries(
    paths.map((path) => [
      path,
      execFileSync("git", ["-C", repository, "show", `${branch}:${path}`], { encoding: "utf8" }),
    ]),
  );
}

/** Somebody else's clone, which commits a file and pushes it. */
export function pushFile(repository: string, path: string, text: string): void {
  const clone = join(temporaryFolder(), "clone");
  git(".", "clone", "--quiet", repository, clone);
  mkdirSync(join(clone, path, ".."), { recursive: true });
  writeFileSync(join(clone, path), text);
  git(clone, "add", path);
  const someone = ["-c", "user.name=Someone", "-c", "user.email=someone@example.com"];
  git(clone, ...someone, "commit", "--quiet", "-m", `Write ${path}`);
  git(clone, "push", "--quiet", "origin", "HEAD");
}
