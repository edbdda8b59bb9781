/** The fleet of a watch that lasts for hours: its file is edited and published meanwhile. */
import { statSync } from "node:fs";
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { fleetFilesOf } from "../../../fleet/files/fleet-files.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

export interface Followed<State> {
  readonly state: State;
  /** Why it is not what the file says now. */
  readonly problem?: string;
}

/**
 * Loads again where the fleet file, its environment's base or its lock differ from the last time. A file
 * with mistakes, as in the middle of an edit, leaves what was loaded before.
 *
 * @param first what `load` gave last
 */
export function followFleet<State>(
  fleetFile: string,
  first: State,
  load: () => Promise<State>,
): () => Promise<Followed<State>> {
  let seen = stampOf(fleetFile);
  let followed: Followed<State> = { state: first };
  return async () => {
    const stamp = stampOf(fleetFile);
    if (stamp === seen) return followed;
    seen = stamp;
    try {
      followed = { state: await load() };
    } catch (error) {
      if (!(error instanceof InputError || error instanceof OperationError)) throw error;
      const problem =
        `${fleetFile} has mistakes now (${flotillaCommand("validate")} shows them). ` +
        "The versions that devices should have are those from before";
      followed = { state: followed.state, problem };
    }
    return followed;
  };
}

function stampOf(fleetFile: string): string {
  const { environment, lockFile } = fleetFilesOf(fleetFile);
  const files = [fleetFile, lockFile, ...(environment ? [environment.base] : [])];
  return files
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((stats) => (stats ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : "missing"))
    .join();
}
