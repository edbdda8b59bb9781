/** Makes folders. */
import { mkdirSync, statSync } from "node:fs";
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
