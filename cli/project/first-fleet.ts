/** What `flotilla init` writes: a first fleet file, and around it a project. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "../../fleet/files/atomic-file.ts";
import { writeUserFile } from "../../fleet/files/user-file.ts";
import { makeFolder } from "../../fleet/files/folder.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import { flotillaSpecifier, linkedPackages } from "./installed-package.ts";
import { completeManifest, type CompletedManifest } from "./manifest-completion.ts";
import { findOwnCode } from "./own-code/config-file.ts";
import { loadOwnCode, noOwnCode, type OwnCode } from "./own-code/load.ts";
import {
  fleetText,
  gitignoreText,
  projectFiles,
  withLinks,
  type ProjectSettings,
} from "./project-template.ts";
import { schemaText } from "./schema-file.ts";

export interface FirstFleet {
  readonly written: readonly string[];
  /** Files of the project that were there and stay as they are. */
  readonly kept: readonly string[];
  /** What the package.json that was there got; undefined if it is new or cannot be completed. */
  readonly manifest?: Omit<CompletedManifest, "text"> & { readonly path: string };
  /** Lines that an older .gitignore lacks. */
  readonly missingIgnores: readonly string[];
  /** Where npm takes Flotilla from, if it is a path of this machine: `file:../flotilla-1.2.3.tgz`. */
  readonly flotillaPath?: string;
  /** Whether it is a project of its own, with a package.json. */
  readonly isProject: boolean;
}

/**
 * Writes a first fleet file, and beside it its JSON Schema and a .gitignore. Where no project is yet,
 * it writes one. Existing files stay, except that missing entries are added to a package.json.
 *
 * @param isAlone whether only the fleet file is wanted
 * @throws InputError if there is a fleet file already
 */
export async function writeFirstFleet(
  fleetFile: string,
  settings: ProjectSettings,
  isAlone: boolean,
): Promise<FirstFleet> {
  refuseSecondFile(fleetFile);
  const directory = dirname(fleetFile);
  atPath(directory, () => makeFolder(directory));
  const config = findOwnCode(fleetFile);
  const isProject = !isAlone && (config === undefined || existsSync(join(directory, "cdktf.json")));
  const ignoreFile = join(directory, ".gitignore");
  const ignored = existsSync(ignoreFile) ? readText(ignoreFile).split(/\r?\n/) : undefined;
  const around = isProject ? projectAround(directory, settings) : [];
  const manifest = completed(directory, around);
  const texts = around.map(([path, text]) => [join(directory, path), text] as const);
  const written = writeMissing([[ignoreFile, gitignoreText()], ...texts]);
  // The fleet file comes last: without it, the next run starts again.
  const last = writeMissing([
    [join(directory, "fleet.schema.json"), schemaText(await ownCodeOf(fleetFile))],
    [fleetFile, fleetText(settings, isProject)],
  ]);
  return {
    written: [...written, ...last],
    kept: texts
      .map(([path]) => path)
      .filter((path) => !written.includes(path) && path !== manifest?.path),
    ...(manifest && { manifest }),
    missingIgnores: ignored ? ignoredPaths().filter((path) => !isIgnored(path, ignored)) : [],
    ...(isProject && pathOfFlotilla(directory)),
    isProject,
  };
}

/** In the package.json of the project, which may have been there before. */
function pathOfFlotilla(directory: string): Pick<FirstFleet, "flotillaPath"> {
  const text = readText(join(directory, "package.json"));
  const [, flotillaPath] = /"flotilla":\s*"(file:[^"]*)"/.exec(text) ?? [];
  return flotillaPath === undefined ? {} : { flotillaPath };
}

function projectAround(directory: string, settings: ProjectSettings): Files {
  const flotilla = flotillaSpecifier(directory);
  const links = linkedPackages(directory, flotilla);
  return projectFiles(settings, flotilla).map(([path, text]) =>
    path === "package.json" ? [path, withLinks(text, links)] : [path, text],
  );
}

/** @throws InputError if there is a fleet file already */
export function refuseSecondFile(fleetFile: string): void {
  if (!existsSync(fleetFile)) return;
  const message = "there is a fleet file already, and it is not overwritten. Give another folder";
  throw new InputError([{ file: fleetFile, message }]);
}

type Files = readonly (readonly [path: string, text: string])[];

/** Writes those that are not there, and returns their paths. */
function writeMissing(files: Files): string[] {
  const missing = files.filter(([path]) => !existsSync(path));
  for (const [path, text] of missing) {
    atPath(path, () => {
      makeFolder(dirname(path));
      writeFileAtomically(path, text);
    });
  }
  return missing.map(([path]) => path);
}

/** `npm install flotilla` in an empty folder has made a package.json with nothing else in it. */
function completed(directory: string, around: Files): FirstFleet["manifest"] {
  const path = join(directory, "package.json");
  const [, template] = around.find(([name]) => name === "package.json") ?? [];
  if (template === undefined || !existsSync(path)) return undefined;
  const result = completeManifest(readText(path), template);
  if (result === undefined) return undefined;
  const { text, added, isCommonJs } = result;
  if (added.length > 0) atPath(path, () => writeUserFile(path, text));
  return { path, added, isCommonJs };
}

/** An existing flotilla.config.ts may have mistakes, which other commands report. */
async function ownCodeOf(fleetFile: string): Promise<OwnCode> {
  try {
    return await loadOwnCode(fleetFile);
  } catch {
    return noOwnCode;
  }
}

function readText(path: string): string {
  return atPath(path, () => readFileSync(path, "utf8"));
}

function ignoredPaths(): string[] {
  const lines = gitignoreText().split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

/** Whether the lines have a path, with or without the slashes around it. */
function isIgnored(path: string, lines: readonly string[]): boolean {
  const plain = (text: string) => text.trim().replaceAll(/^\/|\/$/g, "");
  return lines.some((line) => plain(line) === plain(path));
}
