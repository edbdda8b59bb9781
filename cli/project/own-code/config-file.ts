/** Finds the file with a user's code for a fleet file. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileProblem } from "../../../fleet/files/text-file.ts";
import { InputError } from "../../../fleet/grammar/mistakes.ts";
import { ownCodeFile } from "../../../fleet/model/contract.ts";
import { shownPath } from "../../terminal/session.ts";

/** Names that a user may expect, as other tools read them. */
const otherNames = ["js", "mjs", "cjs", "mts", "cts", "tsx", "json"].map((extension) =>
  ownCodeFile.replace(/ts$/, extension),
);

/**
 * The absolute path of flotilla.config.ts: beside the fleet file, or else above it up to the folder of
 * the nearest package.json; undefined if there is none.
 *
 * @throws InputError if there is one of another name, or if it is not a file
 */
export function findOwnCode(fleetFile: string): string | undefined {
  for (let folder = dirname(resolve(fleetFile)); ; folder = dirname(folder)) {
    const file = join(folder, ownCodeFile);
    const problem = fileProblem(file);
    if (problem !== undefined) {
      throw new InputError([{ file: shownPath(file), message: `${problem}.` }]);
    }
    if (existsSync(file)) return file;
    const other = otherNames.map((name) => join(folder, name)).find((each) => existsSync(each));
    if (other !== undefined) {
      const message = `Flotilla does not read this file. Rename it to ${ownCodeFile}.`;
      throw new InputError([{ file: shownPath(other), message }]);
    }
    const isTop = folder === dirname(folder) || existsSync(join(folder, ".git"));
    if (isTop || existsSync(join(folder, "package.json"))) return undefined;
  }
}
