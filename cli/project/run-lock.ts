/** One run at a time writes the files of a fleet. */
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fleetFilesOf } from "../../fleet/files/fleet-files.ts";
import { atPath, OperationError } from "../../fleet/files/operation-error.ts";
import { removeStaleFiles } from "../../fleet/files/temporary-files.ts";
import { acquireProcessLock } from "../terminal/process-lock.ts";
import type { Session } from "../terminal/session.ts";

/** A run that waits for longer gives up: the other one may wait for an answer of its user. */
const waitSecondsMax = 60;

/**
 * Waits until no other run writes into the folder of the fleet file, and removes what stopped runs left
 * in it.
 *
 * @returns a function that lets the next run in
 * @throws OperationError if the other run takes too long
 */
export async function lockProject(
  fleetFile: string,
  session: Pick<Session, "progress">,
  waitSeconds = waitSecondsMax,
): Promise<() => void> {
  // Without a fleet file nothing is written, and its loader says so.
  if (!existsSync(fleetFile)) return () => {};
  const { outputFolder: output, lockFile, environment } = fleetFilesOf(fleetFile);
  atPath(output, () => mkdirSync(output, { recursive: true }));
  const release = await acquireProcessLock(join(output, ".lock"), {
    onWaiting(holder) {
      session.progress(
        `Another run of flotilla (${holder}) is running in this folder; waiting for it`,
      );
    },
    waitSeconds,
    onGivingUp(holder) {
      throw new OperationError(
        `another run of flotilla (${holder}) is running in this folder; nothing was changed. Try again ` +
          "when it has ended",
      );
    },
  });
  for (const file of [fleetFile, lockFile, ...(environment ? [environment.base] : [])]) {
    removeStaleFiles(dirname(file), (name) => name === basename(file));
  }
  removeStaleFiles(output, () => true);
  return () => {
    release();
    removeIfEmpty(output);
    if (environment !== undefined) removeIfEmpty(dirname(output));
  };
}

/** A run that was refused before it wrote anything leaves no folder behind. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // There is something in it.
  }
}
