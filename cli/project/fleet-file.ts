/** Finds the fleet file of the project that a folder belongs to. */
import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fleetFileName } from "../../fleet/files/fleet-files.ts";

/**
 * The nearest fleet.yaml above `folder`, relative to it; undefined if there is none. The search ends at
 * the top of a Git repository and at the home folder. Files of other users are not taken: anybody can
 * put one into /tmp.
 */
export function fleetFileAbove(folder: string): string | undefined {
  for (let place = folder; ; place = dirname(place)) {
    const file = join(place, fleetFileName);
    if (place !== folder && existsSync(file) && isTrusted(file)) return relative(folder, file);
    const isTop = place === dirname(place) || place === homedir();
    if (isTop || existsSync(join(place, ".git"))) return undefined;
  }
}

function isTrusted(file: string): boolean {
  const user = process.getuid?.();
  const { uid } = statSync(file);
  return user === undefined || user === 0 || uid === user || uid === 0;
}
