/** A trial of a push: whether the remote takes one, and how it names its objects. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { git, gitOutput, networkEnvironment } from "./git.ts";

/** How a repository names its objects. Git refuses a push between repositories that differ in it. */
export type ObjectFormat = "sha1" | "sha256";

export type PushTrial =
  | { readonly format: ObjectFormat }
  /** What Git says about it. */
  | { readonly problem: string };

const answerSecondsMax = 60;

/** @param id of a commit or another object, in hexadecimal digits */
export function formatOfId(id: string): ObjectFormat {
  return id.length === 64 ? "sha256" : "sha1";
}

/**
 * Asks the remote by a dry run, which changes nothing there. The user's default for new repositories
 * (`init.defaultObjectFormat`, $GIT_DEFAULT_HASH) does not matter. An empty repository shows its format to Git only
 * by what it takes.
 *
 * @param directory whose Git configuration says how remotes are reached
 * @param work a temporary folder
 */
export async function tryPush(remote: string, directory: string, work: string): Promise<PushTrial> {
  const environment = await networkEnvironment(directory);
  const list = ["ls-remote", "--", remote];
  const listed = await git(work, list, { environment, timeoutSeconds: answerSecondsMax });
  if (listed.code !== 0) return { problem: listed.message };
  const [id = ""] = listed.stdout.split("\t", 1);
  const formats: readonly ObjectFormat[] = id === "" ? ["sha1", "sha256"] : [formatOfId(id)];
  const problems: string[] = [];
  for (const format of formats) {
    const problem = await problemWith(format, remote, environment, work);
    if (problem === undefined) return { format };
    problems.push(problem);
  }
  return { problem: problems[0] ?? "" };
}

/** As publish makes a commit: no hook and no signature of the user has a say in it. */
async function problemWith(
  format: ObjectFormat,
  remote: string,
  environment: Readonly<Record<string, string>>,
  work: string,
): Promise<string | undefined> {
  const repository = join(work, "trial.git");
  rmSync(repository, { recursive: true, force: true });
  const make = ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`];
  await gitOutput(work, [...make, repository]);
  const options = { environment: { ...environment, ...identity }, isBare: true };
  const tree = await gitOutput(repository, ["mktree"], options);
  const commit = await gitOutput(
    repository,
    ["commit-tree", tree.trim(), "-m", "A trial of a push"],
    options,
  );
  const target = `${commit.trim()}:refs/heads/flotilla-trial`;
  const { code, message } = await git(
    repository,
    ["push", "--dry-run", "--quiet", "--", remote, target],
    { ...options, timeoutSeconds: answerSecondsMax },
  );
  return code === 0 ? undefined : message;
}

const identity: Readonly<Record<string, string>> = Object.fromEntries(
  ["AUTHOR", "COMMITTER"].flatMap((who) => [
    [`GIT_${who}_NAME`, "flotilla"],
    [`GIT_${who}_EMAIL`, "flotilla@localhost"],
  ]),
);
