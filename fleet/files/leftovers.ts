/**
 * Temporary files of runs that were stopped in the middle, as writeFileAtomically names them, and
 * the folders in which images are made.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { atPath } from "./failures.ts";

/** Removes those of the files in `folder` whose names `isOurs` knows; other runs' live ones stay. */
export function removeLeftovers(folder: string, isOurs: (name: string) => boolean): void {
  for (const name of atPath(folder, () => readdirSync(folder))) {
    const [, target, id] = /^\.(.+)\.(\d+)\.tmp$/.exec(name) ?? [];
    if (target === undefined || !isOurs(target) || isRunning(Number(id))) continue;
    const place = join(folder, name);
    atPath(place, () => rmSync(place, { recursive: true, force: true }));
  }
}

/** Whether a process of this id runs on this machine. */
export function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
