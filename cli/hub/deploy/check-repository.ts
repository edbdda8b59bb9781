/** Checks that `publish` can push to the state repository. */
import { rmSync } from "node:fs";
import { makeTemporaryFolder } from "../../../fleet/files/temporary-files.ts";
import { tryPush } from "../../publish/push-trial.ts";
import { maskCredentials } from "../../terminal/mask.ts";
import { isUrl } from "../../../fleet/model/git-url.ts";
import type { Session } from "../../terminal/session.ts";
import { advice, missing, ok, unknown, type Check, type CheckedProject } from "../checks/check.ts";
import { makesRepository } from "./stacks.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

const name = "state repository";

export async function repositoryCheck(
  { fleet, files }: CheckedProject,
  session: Session,
): Promise<readonly Check[]> {
  const { push, url } = fleet.repository;
  if (makesRepository(fleet)) {
    return session.environment["GITHUB_TOKEN"]
      ? [ok(name, `${flotillaCommand("deploy")} makes it, with $GITHUB_TOKEN`)]
      : [
          unknown(
            name,
            `${flotillaCommand("deploy")} makes it`,
            "gh auth login, or set $GITHUB_TOKEN",
          ),
        ];
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

/** The end of Git's message if a push would fail. */
async function pushProblem(directory: string, remote: string): Promise<string | undefined> {
  const work = makeTemporaryFolder("doctor");
  try {
    const trial = await tryPush(remote, directory, work);
    return "problem" in trial ? trial.problem.split("\n").slice(-2).join(" ") : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
