/**
 * Saves the lock of a command that writes no other file of the project. Such a command may run for hours
 * (`kubeconfig -- sh`), or while another one deploys, so it holds the project only while it saves.
 */
import { OperationError } from "../../fleet/files/operation-error.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { loadProject, type Project } from "./project.ts";
import { lockProject } from "./run-lock.ts";
import { saveChangedLock } from "./synthesis.ts";

/**
 * Writes new allocations while no other run writes into the project. If there are none, it waits for no run
 * and writes nothing, so the folder may be read-only.
 *
 * @param project loaded for `devices`
 * @throws OperationError if another run allocated something else since the project was loaded
 */
export async function saveLockExclusively(project: Project, session: Session): Promise<void> {
  if (!project.lockChanged) return;
  const { fleetFile, lockFile } = project.files;
  const release = await lockProject(fleetFile, session);
  try {
    const latest = await loadProject(fleetFile, session);
    if (latest.lockText !== project.lockText) {
      throw new OperationError(
        `another run of flotilla changed this project after it was read, so ${shownPath(lockFile)} was ` +
          "not written. Run the command again",
      );
    }
    saveChangedLock(latest, session);
  } finally {
    release();
  }
}
