/** The versions that a ring had, from the Git history of fleet.yaml. */
import { basename, dirname } from "node:path";
import { atPath } from "../../../fleet/files/operation-error.ts";
import { linkedFile } from "../../../fleet/files/user-file.ts";
import { git } from "../../publish/git.ts";
import { isInRepository } from "./proposal.ts";
import { writtenVersion } from "./version-change.ts";

/** Older commits are not read. */
const commitsMax = 500;

export interface VersionHistory {
  /** Every version that the ring had, the newest first, without the present one. */
  readonly known: readonly string[];
  /** Those before the present version; what was rolled back is not among them. */
  readonly earlier: readonly string[];
  /** Whether older commits are missing on this machine (a shallow clone). */
  readonly isShallow: boolean;
}

/**
 * Empty lists if the file has no history.
 *
 * @throws OperationError if Git refuses to use the repository
 */
export async function versionHistory(
  fleetFile: string,
  workload: string,
  ring: string,
  present: string,
): Promise<VersionHistory> {
  const file = atPath(fleetFile, () => linkedFile(fleetFile));
  const folder = dirname(file);
  const name = basename(file);
  if (!(await isInRepository(folder))) return { known: [], earlier: [], isShallow: false };
  // Along the branch itself: the file as it was on a side branch never ran.
  const range = ["--first-parent", `--max-count=${commitsMax}`];
  const log = await git(folder, ["log", ...range, "--format=%H", "--", name]);
  if (log.code !== 0) return { known: [], earlier: [], isShallow: false };
  const versions: string[] = [];
  for (const commit of log.stdout.split("\n").filter((line) => line !== "")) {
    const shown = await git(folder, ["show", `${commit}:./${name}`]);
    if (shown.code !== 0) continue;
    const version = writtenVersion(shown.stdout, { workload, ring });
    if (version !== undefined) versions.push(version);
  }
  const shallow = await git(folder, ["rev-parse", "--is-shallow-repository"]);
  return {
    known: [...new Set(versions)].filter((version) => version !== present),
    earlier: earlierVersions([present, ...versions]),
    isShallow: shallow.stdout.trim() === "true",
  };
}

/**
 * The versions to go back to, the newest first. A return to an earlier version takes back what came
 * after it, so going back twice goes further back: after 1, 2, 3, 2 comes 1.
 *
 * @param versions of one ring, the newest first
 */
export function earlierVersions(versions: readonly string[]): readonly string[] {
  const stack: string[] = [];
  for (const version of versions.toReversed()) {
    const at = stack.indexOf(version);
    if (at >= 0) stack.length = at;
    stack.push(version);
  }
  return stack.slice(0, -1).toReversed();
}
