/** Finds the file of a user's own code for a fleet file. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ownCodeFile } from "../../../fleet/model/contract.ts";

/**
 * The absolute path of flotilla.config.ts: beside the fleet file, or else above it up to the folder of
 * the nearest package.json; undefined if there is none.
 */
export function findOwnCode(fleetFile: string): string | undefined {
  for (let folder = dirname(resolve(fleetFile)); ; folder = dirname(folder)) {
    const file = join(folder, ownCodeFile);
    if (existsSync(file)) return file;
    const isTop = folder === dirname(folder) || existsSync(join(folder, ".git"));
    if (isTop || existsSync(join(folder, "package.json"))) return undefined;
  }
}
