/**
 * Temporary files and folders that stopped runs left behind, named as writeFileAtomically names
 * them: `.<name>.<process id>.tmp`.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { atPath } from "./operation-error.ts";

/** Removes those in `folder` whose `<name>` is ours; those of running processes stay. */
export function removeStaleFiles(folder: string, isOurs: (name: string) => boolean): void {
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
