/**
 * `flotilla complete -- <words>`, which the completion scripts run at each tab. It reads the fleet file as
 * far as it can, runs no code of the project, and prints nothing where something is wrong.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Command } from "commander";
import { parse } from "yaml";
import { environmentFile, environmentsIn, fleetFileName } from "../../fleet/files/fleet-files.ts";
import { namesOfPattern } from "../../fleet/model/names.ts";
import { wantedEnvironment } from "../project/environment.ts";
import { fleetFileAbove } from "../project/fleet-file.ts";
import type { Session } from "../terminal/session.ts";
import { suggestions, type NameKind } from "./suggestions.ts";

/** @param words without `complete`; a first `--` is ignored */
export function complete(program: Command, words: readonly string[], session: Session): string {
  const line = words[0] === "--" ? words.slice(1) : words;
  try {
    const found = suggestions(program, line, (kind) => namesOf(kind, line, session));
    return found.map(({ word, meaning = "" }) => `${word}\t${meaning}\n`).join("");
  } catch {
    return "";
  }
}

/** No character of it means something to a shell, whatever the file says. */
const harmless = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function namesOf(kind: NameKind, words: readonly string[], session: Session): readonly string[] {
  const named = optionIn(words, "--fleet");
  const file = named ?? (existsSync(fleetFileName) ? fleetFileName : fleetFileAbove(process.cwd()));
  if (file === undefined) return [];
  if (kind === "environment") return environmentsIn(dirname(file));
  const environment = wantedEnvironment(optionIn(words, "--environment"), session);
  const files = [file];
  if (environment !== undefined && basename(file) === fleetFileName) {
    files.push(environmentFile(dirname(file), environment.name));
  }
  const names = files.filter(existsSync).flatMap((each) => namesIn(each, kind));
  return [...new Set(names)].filter((name) => harmless.test(name));
}

function namesIn(file: string, kind: NameKind): readonly string[] {
  const fleet = parse(readFileSync(file, "utf8"), { logLevel: "silent" }) as Partial<
    Record<string, unknown>
  > | null;
  const section: unknown = fleet?.[`${kind}s`];
  if (Array.isArray(section)) return section.map(String);
  if (typeof section !== "object" || section === null) return [];
  const keys = Object.keys(section);
  if (kind !== "device") return keys;
  return keys.flatMap(namesOfPattern);
}

/** The value of an option on the line: of `--fleet x`, `--fleet=x`, or `--fleet = x` as bash splits it. */
function optionIn(words: readonly string[], option: string): string | undefined {
  const joined = words.find((word) => word.startsWith(`${option}=`));
  if (joined !== undefined) return joined.slice(option.length + 1) || undefined;
  const at = words.indexOf(option);
  if (at === -1) return undefined;
  return words[words[at + 1] === "=" ? at + 2 : at + 1] || undefined;
}
