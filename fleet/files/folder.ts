/** Makes folders, and asks what this user may do in them. */
import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it, unless they are there. Node's own `recursive` never returns where a
 * file system says ENOENT of a new folder, as /proc does.
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isThere = code === "EEXIST" && statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (isThere === true) return;
    const above = dirname(path);
    if (code !== "ENOENT" || above === path || statSync(above, { throwIfNoEntry: false }))
      throw error;
    makeFolder(above, mode);
    mkdirSync(path, { mode });
  }
}

/** Whether this user may make files in a folder. */
export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
