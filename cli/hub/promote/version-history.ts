/** The earlier versions of a ring, from the Git history of fleet.yaml. */
import { basename, dirname } from "node:path";
import { parseDocument } from "yaml";
import { git } from "../../publish/git.ts";

/** Older commits are not read. */
const commitsMax = 500;

/**
 * The versions of a ring, the newest first, without the present one.
 *
 * @returns an empty list if the file has no history
 */
export async function earlierVersions(
  fleetFile: string,
  workload: string,
  ring: string,
  present: string,
): Promise<readonly string[]> {
  const folder = dirname(fleetFile);
  const name = basename(fleetFile);
  const log = await git(folder, ["log", `--max-count=${commitsMax}`, "--format=%H", "--", name]);
  if (log.code !== 0) return [];
  const versions: string[] = [];
  for (const commit of log.stdout.split("\n").filter((line) => line !== "")) {
    const shown = await git(folder, ["show", `${commit}:./${name}`]);
    if (shown.code !== 0) continue;
    const version = parseDocument(shown.stdout).getIn(["workloads", workload, "versions", ring]);
    const text = version === undefined || version === null ? "" : String(version);
    if (text !== "" && text !== present && !versions.includes(text)) versions.push(text);
  }
  return versions;
}
