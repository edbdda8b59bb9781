/**
 * What infra/main.ts, gitops/main.ts and edge/main.ts run, and the mains of a user's own project, and
 * what flotilla.config.ts needs: the package exports it as `flotilla`.
 */
import { reportError } from "../terminal/error-report.ts";
import { processSession } from "../terminal/terminal.ts";
import { loadProject } from "./project.ts";
import { lockProject } from "./run-lock.ts";
import { prepare, purposes, synthesizePart, type Part } from "./synthesis.ts";

export { defineFleet, type FleetDefinition } from "./own-code/definition.ts";

/**
 * Makes one part of `dist` from the fleet.yaml of the current folder. Errors are printed as the
 * command line prints them, and set the exit code.
 *
 * @param folder where the files go; `dist/<part>` by default
 */
export async function runSynthesis(part: Part, folder?: string): Promise<void> {
  const session = processSession();
  let release = () => {};
  try {
    release = await lockProject("fleet.yaml", session);
    const project = await loadProject("fleet.yaml", session, { makes: purposes[part] });
    await prepare(project, session);
    await synthesizePart(project, part, folder);
  } catch (error) {
    process.exitCode = reportError(error, session, { verbose: true });
  } finally {
    release();
  }
}
