/** Chooses an environment of a project: `--environment`, or else $FLOTILLA_ENVIRONMENT. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { notOneOf } from "../../fleet/grammar/check.ts";
import {
  environmentFile,
  environmentsIn,
  fleetFileName,
  isEnvironmentName,
} from "../../fleet/files/fleet-files.ts";
import { environmentsFolder, environmentVariable } from "../../fleet/model/contract.ts";
import type { Session } from "../terminal/session.ts";

/**
 * The environment that is wanted, and by what; undefined for none. An empty variable counts as absent,
 * as in a pipeline that passes on what it does not have.
 */
export function wantedEnvironment(
  option: string | undefined,
  { environment }: Pick<Session, "environment">,
): Choice | undefined {
  if (option !== undefined) return { name: option, by: "--environment" };
  const name = environment[environmentVariable];
  return name === undefined || name === "" ? undefined : { name, by: `$${environmentVariable}` };
}

interface Choice {
  readonly name: string;
  readonly by: string;
}

/**
 * The file of an environment.
 *
 * @param fleetFile the project's fleet.yaml, or the file of this environment
 * @throws InputError if the name is not valid or the project has no such environment
 */
export function fileOfEnvironment(fleetFile: string, { name, by }: Choice): string {
  const directory = dirname(fleetFile);
  const fail = (message: string) => new InputError([{ file: by, message }]);
  if (!isEnvironmentName(name)) {
    const rule =
      "Write at most 63 lower-case letters, digits and hyphens; infra, gitops and edge are folders of dist";
    throw fail(`${JSON.stringify(name)} is not a valid name of an environment. ${rule}.`);
  }
  if (basename(fleetFile) !== fleetFileName) {
    const own = join(directory, "..", fleetFileName);
    if (resolve(fleetFile) === resolve(environmentFile(dirname(own), name))) return fleetFile;
    const message = `${fleetFile} has no environments: they are merged over a file ${fleetFileName}. Omit ${by}, or omit --fleet.`;
    throw fail(message);
  }
  // Without the project's file, its loader says so.
  if (!existsSync(fleetFile)) return fleetFile;
  const file = environmentFile(directory, name);
  if (existsSync(file)) return file;
  const names = environmentsIn(directory);
  if (existsSync(file.replace(/yaml$/, "yml")))
    throw fail(`rename ${file.replace(/yaml$/, "yml")} to ${basename(file)}.`);
  if (names.length > 0) throw fail(notOneOf(JSON.stringify(name), names, name));
  const folder = join(directory, environmentsFolder);
  throw fail(
    `unknown environment ${JSON.stringify(name)}. Write its differences to ${fleetFile} in ${join(folder, `${name}.yaml`)}.`,
  );
}
