/**
 * What infra/main.ts, gitops/main.ts and edge/main.ts run, and the mains of a user's own project, and
 * what flotilla.config.ts needs: the package exports it as `flotilla`.
 */
import { fleetFileName, fleetFilesOf } from "../../fleet/files/fleet-files.ts";
import { adviseFor } from "../../fleet/model/advised-commands.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import { reportError } from "../terminal/error-report.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { processSession } from "../terminal/terminal.ts";
import { fileOfEnvironment, wantedEnvironment } from "./environment.ts";
import { ownFailure } from "./own-code/own-failure.ts";
import { guardSynthesis } from "./own-code/program-guard.ts";
import { loadProject } from "./project.ts";
import { lockProject } from "./run-lock.ts";
import { purposes, synthesizePart, type Part } from "./synthesis.ts";
import { toolFolder } from "./tool-folder.ts";

export type { Part } from "./synthesis.ts";
export {
  defineFleet,
  type FittingDefinition,
  type FleetDefinition,
} from "./own-code/definition.ts";

/**
 * The fleet of the current folder's fleet.yaml, or of the environment that $FLOTILLA_ENVIRONMENT names: what
 * `HubStack`, `HubApp` and others take, in an app of your own. It needs no key, and writes nothing.
 *
 * @throws InputError with every mistake in the fleet file and its lock
 */
export async function loadFleet(): Promise<Fleet> {
  const session = processSession();
  const file = fleetFileOf(session);
  adviseFor(fleetFilesOf(file).environment?.name);
  const { fleet } = await loadProject(file, session, { makes: "infra" });
  return fleet;
}

/**
 * Makes one part of `dist` from the fleet.yaml of the current folder, or from the environment that
 * $FLOTILLA_ENVIRONMENT names. Errors are printed as the command line prints them, and set the exit code.
 *
 * @param folder where the files go; `dist/<part>` by default, `dist/<environment>/<part>` for an environment
 */
export async function runSynthesis(part: Part, folder?: string): Promise<void> {
  const session = processSession();
  const unguard = guardSynthesis(session);
  let release = () => {};
  try {
    const file = fleetFileOf(session);
    adviseFor(fleetFilesOf(file).environment?.name);
    release = await lockProject(file, session);
    const project = await loadProject(file, session, { makes: purposes[part] });
    const { folder: place, finish } = toolFolder(project, part, folder);
    await synthesizePart(project, part, session, place);
    finish();
    if (folder !== undefined && place !== folder) session.progress(`Wrote ${shownPath(place)}`);
  } catch (error) {
    process.exitCode = reportError(ownFailure(error), session, { verbose: true });
  } finally {
    release();
    unguard();
    adviseFor(undefined);
  }
}

function fleetFileOf(session: Session): string {
  const wanted = wantedEnvironment(undefined, session);
  return wanted === undefined ? fleetFileName : fileOfEnvironment(fleetFileName, wanted);
}
