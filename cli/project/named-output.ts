/** Paths that an option names for an output: never a file of the fleet itself, which could not be made again. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import {
  environmentFile,
  environmentsIn,
  fleetFilesOf,
  keyKindOf,
} from "../../fleet/files/fleet-files.ts";
import { shownPath } from "../terminal/session.ts";
import { fleetFileAbove } from "./fleet-file.ts";

/** Ends the command as wrong usage if the path is empty, or that of a file of the fleet. */
export function checkOutput(
  option: string,
  path: string,
  fleetFile: string,
  command: Command,
): void {
  if (path === "") command.error(`error: ${option} needs the path of a file`);
  const problem = overwriteProblem(option, path, fleetFile);
  if (problem !== undefined) command.error(`error: ${problem}`);
}

/** A message if an output would replace a file of the fleet, or of another environment of its project. */
export function overwriteProblem(
  option: string,
  path: string,
  fleetFile: string,
): string | undefined {
  const what = path === "" ? undefined : fleetFileKind(path, fleetFile);
  return what === undefined
    ? undefined
    : `${option} ${shownPath(path)} would overwrite ${what}. Give the path of another file`;
}

function fleetFileKind(path: string, fleetFile: string): string | undefined {
  const file = existsSync(fleetFile) ? fleetFile : (fleetFileAbove(process.cwd()) ?? fleetFile);
  const { directory, environment } = fleetFilesOf(file);
  const environments = environmentsIn(directory).map((name) => environmentFile(directory, name));
  const bases = environment === undefined ? [] : [environment.base];
  const own = [file, ...bases, ...environments].flatMap((each) => {
    const files = fleetFilesOf(each);
    return [
      [files.fleetFile, "the fleet file"],
      [files.lockFile, "the fleet's lock"],
      [files.rootKeyFile, "the fleet's root key"],
      [files.publishingKeyFile, "the fleet's publishing key"],
    ] as const;
  });
  const [, what] = own.find(([each]) => isSameFile(each, path)) ?? [];
  const key = keyKindOf(resolve(path));
  return what ?? (key && `a fleet's ${key}`);
}

/** Links and other spellings of a path count. A file that does not exist yet is compared by its folder. */
function isSameFile(a: string, b: string): boolean {
  if (realPath(a) === realPath(b)) return true;
  const [one, other] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}

function realPath(path: string): string {
  const place = resolve(path);
  try {
    return realpathSync(place);
  } catch {
    const folder = dirname(place);
    return folder === place ? place : join(realPath(folder), basename(place));
  }
}
