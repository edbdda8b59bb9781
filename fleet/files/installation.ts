/** Where Flotilla itself is installed, and what its package.json says. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nearestAbove } from "./search-above.ts";

/** The folder of Flotilla's package.json: from the sources and from their bundle alike. */
export function installationFolder(): string {
  const manifest = nearestAbove(import.meta.dirname, "package.json");
  if (manifest === undefined) {
    throw new Error("this installation has no package.json. Install Flotilla again.");
  }
  return dirname(manifest);
}

/** What Flotilla reads of its own package.json. */
interface InstallationManifest {
  readonly version: string;
  /** By the name of an entry, like `./edge`: its source, or what was made of it. */
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}

/** @param root the folder of an installation @default the one that runs */
export function installationManifest(root: string = installationFolder()): InstallationManifest {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}
