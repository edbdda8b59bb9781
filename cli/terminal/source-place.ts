/** The line of TypeScript that an exception comes from. */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { installationFolder } from "../../fleet/files/installation.ts";
import type { Place } from "../../fleet/model/workload.ts";
import { shownPath } from "./session.ts";

/** Flotilla's own files beside the constructs of workloads. */
const renderers = /\/gitops\/workloads\/(render|rendering-objects|workload)\.ts$/;

const program = join(installationFolder(), "cli");
const script = /\.[cm]?[jt]sx?$/;

/**
 * The innermost line in a workload's construct, or else in any source, or else in a package; undefined if
 * there is none.
 */
export function sourcePlace(error: unknown): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack
    .split("\n")
    .map((line) => /((?:file:\/\/)?\/[^()]+):(\d+):(\d+)\)?$/.exec(line))
    .flatMap((found) => (found === null ? [] : [original(found)]))
    .filter(({ file }) => script.test(file) && !isOfProgram(file));
  const sources = frames.filter(({ file }) => !file.includes("/node_modules/"));
  const own = sources.find(
    ({ file }) => file.includes("/gitops/workloads/") && !renderers.test(file),
  );
  const place = own ?? sources[0] ?? frames[0];
  return place && { ...place, file: shownPath(place.file) };
}

/** A file of Flotilla that no user edits, or a bundle. */
function isOfProgram(file: string): boolean {
  return file.startsWith(`${program}${sep}`) || /\/node_modules\/(flotilla|\.cache)\//.test(file);
}

/** The place in the source, if the frame is in a bundle with a source map. */
function original([, name = "", line, column]: RegExpExecArray): Place & { line: number } {
  const file = name.startsWith("file:") ? fileURLToPath(name) : name;
  const place = { file, line: Number(line), column: Number(column) };
  if (!existsSync(`${file}.map`)) return place;
  const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")));
  const entry = map.findEntry(place.line - 1, place.column - 1);
  if (!("originalSource" in entry)) return place;
  return {
    file: resolve(dirname(file), entry.originalSource),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}
