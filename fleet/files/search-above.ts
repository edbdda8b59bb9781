/** Looks for a file in a folder and in those above it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The path of the nearest file or folder of this name, from `start` up to the root. */
export function nearestAbove(start: string, name: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) return undefined;
  }
}
