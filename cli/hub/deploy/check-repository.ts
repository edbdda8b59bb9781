/** Checks that `publish` can push to the state repository. */
import { rmSync } from "node:fs";
import { makeTemporaryFolder } from "../../../fleet/files/temporary-files.ts";
import { git, gitOutput, networkEnvironment } from "../../publish/git.ts";
import { maskCredentials } from "../../terminal/mask.ts";
import { isUrl } from "../../../fleet/model/git-url.ts";
import type { Session } from "../../terminal/session.ts";
import { advice, missing, ok, unknown, type Check, type CheckedProject } from "../checks/check.ts";
import { makesRepository } from "./stacks.ts";

const name = "state repository";

export async function repositoryCheck(
  { fleet, files }: CheckedProject,
  session: Session,
): Promise<readonly Check[]> {
  const { push, url } = fleet.repository;
  if (makesRepository(fleet)) {
    return session.environment["GITHUB_TOKEN"]
      ? [ok(name, "flotilla deploy makes it, with $GITHUB_TOKEN")]
      : [unknown(name, "flotilla deploy makes it", "gh auth login, or set $GITHUB_TOKEN")];
  }
  if (!isUrl(push)) {
    const fix = `create ${url} for Argo CD, and delete repository.push in the fleet file`;
    return [advice(name, `${push} is on this machine, and the hub cannot read it`, fix)];
  }
  const shown = maskCredentials(push);
  const problem = await pushProblem(files.directory, push);
  if (problem === undefined) return [ok(name, `${shown} takes a push`)];
  return [missing(name, `${shown}: ${problem}`, `see why: git ls-remote ${shown}`)];
}

/** Git's message if a push would fail. A dry run asks the remote and changes nothing. */
async function pushProblem(directory: string, remote: string): Promise<string | undefined> {
  const work = makeTemporaryFolder("doctor");
  const identity = Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((who) => [
      [`GIT_${who}_NAME`, "flotilla"],
      [`GIT_${who}_EMAIL`, "flotilla@localhost"],
    ]),
  );
  try {
    await gitOutput(work, ["init", "--quiet", "--template="]);
    const environment = { ...(await networkEnvironment(directory)), ...identity };
    // As publish makes a commit: no hook and no signature of the user has a say in it.
    const tree = await gitOutput(work, ["mktree"]);
    const make = ["commit-tree", tree.trim(), "-m", "doctor"];
    const commit = (await gitOutput(work, make, { environment })).trim();
    const target = `${commit}:refs/heads/flotilla-doctor`;
    const args = ["push", "--dry-run", "--quiet", remote, target];
    const { code, message } = await git(work, args, { environment, timeoutSeconds: 60 });
    return code === 0 ? undefined : message.split("\n").slice(-2).join(" ");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
