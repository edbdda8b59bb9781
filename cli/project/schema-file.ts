/** The JSON Schema of the fleet file, with the options of every add-on and workload. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeUserFile } from "../../fleet/files/user-file.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import { installationFolder } from "../../fleet/files/installation.ts";
import { fleetJsonSchema } from "../../fleet/grammar/fleet-schema.ts";
import { overlayJsonSchema } from "../../fleet/grammar/overlay-schema.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import type { OwnCode } from "./own-code/load.ts";

/** @param overlay for the files of environments */
export function schemaText({ grammar }: OwnCode, overlay = false): string {
  const { extensions } = grammar;
  return overlay ? overlayJsonSchema(extensions) : fleetJsonSchema(extensions);
}

/**
 * Writes the schema and returns its path.
 *
 * @param path Flotilla's own copy by default
 */
export function writeSchema(
  ownCode: OwnCode,
  path: string = join(installationFolder(), "fleet", "fleet.schema.json"),
  overlay = false,
): string {
  atPath(path, () => writeUserFile(path, schemaText(ownCode, overlay)));
  return path;
}

/** Brings the schema beside a fleet file up to date with its own code and this version of Flotilla. */
export function refreshSchema(directory: string, ownCode: OwnCode, session: Session): void {
  const path = join(directory, "fleet.schema.json");
  if (!existsSync(path)) return;
  if (atPath(path, () => readFileSync(path, "utf8")) === schemaText(ownCode)) return;
  session.progress(`Wrote ${shownPath(writeSchema(ownCode, path))}: commit it with the fleet file`);
}
