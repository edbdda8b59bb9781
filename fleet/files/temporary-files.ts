/**
 * Temporary files and folders, and those that stopped runs left behind. Beside a file they are named
 * as writeFileAtomically names them: `.<name>.<process id>.tmp`.
 */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
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

/**
 * Makes a folder in the system's folder for temporary files, and removes those of stopped runs. Its
 * name says whose it is: `flotilla-<purpose>.<host>.<process id>.<random>`.
 */
export function makeTemporaryFolder(purpose: string): string {
  removeStaleFolders();
  const prefix = `flotilla-${purpose}.${hostname()}.${process.pid}.`;
  return atPath(tmpdir(), () => mkdtempSync(join(tmpdir(), prefix)));
}

/** Removes the temporary folders of this user's processes on this machine that no longer run. */
function removeStaleFolders(): void {
  const user = process.getuid?.();
  for (const name of atPath(tmpdir(), () => readdirSync(tmpdir()))) {
    const [, host, id] = /^flotilla-[a-z]+\.(.+)\.(\d+)\.[^.]+$/.exec(name) ?? [];
    if (host !== hostname() || isRunning(Number(id))) continue;
    const place = join(tmpdir(), name);
    const status = lstatSync(place, { throwIfNoEntry: false });
    if (!status?.isDirectory() || (user !== undefined && status.uid !== user)) continue;
    rmSync(place, { recursive: true, force: true });
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
