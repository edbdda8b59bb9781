/** Where Flotilla itself is installed. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of Flotilla's package.json: from the sources and from their bundle alike. */
export function installationFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) {
    if (folder === dirname(folder)) {
      throw new Error("this installation has no package.json. Install Flotilla again.");
    }
    folder = dirname(folder);
  }
  return folder;
}
