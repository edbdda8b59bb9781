/**
 * What infra/main.ts, gitops/main.ts and edge/main.ts run, and the mains of a user's own project, and
 * what flotilla.config.ts needs: the package exports it as `flotilla`.
 */
import { fleetFileName } from "../../fleet/files/fleet-files.ts";
import { reportError } from "../terminal/error-report.ts";
import { shownPath } from "../terminal/session.ts";
import { processSession } from "../terminal/terminal.ts";
import { fileOfEnvironment, wantedEnvironment } from "./environment.ts";
import { ownFailure } from "./own-code/own-failure.ts";
import { guardSynthesis } from "./own-code/program-guard.ts";
import { loadProject } from "./project.ts";
import { lockProject } from "./run-lock.ts";
import { prepare, purposes, synthesizePart, type Part } from "./synthesis.ts";
import { toolFolder } from "./tool-folder.ts";

export { defineFleet, type FleetDefinition } from "./own-code/definition.ts";

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
    const wanted = wantedEnvironment(undefined, session);
    const file = wanted === undefined ? fleetFileName : fileOfEnvironment(fleetFileName, wanted);
    release = await lockProject(file, session);
    const project = await loadProject(file, session, { makes: purposes[part] });
    await prepare(project, session);
    const { folder: place, finish } = toolFolder(project, part, folder);
    await synthesizePart(project, part, session, place);
    finish();
    if (folder !== undefined && place !== folder) session.progress(`Wrote ${shownPath(place)}`);
  } catch (error) {
    process.exitCode = reportError(ownFailure(error), session, { verbose: true });
  } finally {
    release();
    unguard();
  }
}
