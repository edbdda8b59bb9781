/** The line of TypeScript that an exception comes from. */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { installationFolder } from "../../fleet/files/installation.ts";
import type { Place } from "../../fleet/model/workload.ts";
import { shownPath } from "./session.ts";

/** What a user does not edit in a checkout of Flotilla either: what makes the files of constructs. */
const makers =
  /^(cli\/|gitops\/kubernetes\/|gitops\/workloads\/(render\w*|rendering-\w+|workload)\.ts$)/;

/** Packages that report the mistakes of others: that a construct is not valid, for example. */
const frameworks = /\/node_modules\/(cdk8s[\w-]*|cdktf|@cdktf\/[\w-]+|constructs)\//;

const installation = installationFolder();
const script = /\.[cm]?[jt]sx?$/;

/**
 * The innermost line in a workload's construct, or else in any source, or else where it is declared, or
 * else in a package; undefined if there is none.
 *
 * @param declared where the fleet file asks for what failed
 */
export function sourcePlace(error: unknown, declared?: Place): Place | undefined {
  const frames = stackOf(error)
    .split("\n")
    .map((line) => /((?:file:\/\/)?\/[^()]+):(\d+):(\d+)\)?$/.exec(line))
    .flatMap((found) => (found === null ? [] : [original(found)]))
    .filter(({ file }) => script.test(file) && !isOfProgram(file));
  const sources = frames.filter(({ file }) => !file.includes("/node_modules/"));
  const own = sources.find(({ file }) => file.includes("/gitops/workloads/"));
  const source = own ?? sources[0];
  if (source === undefined && declared !== undefined) return declared;
  const place = source ?? frames.find(({ file }) => !frameworks.test(file));
  return place && { ...place, file: shownPath(place.file) };
}

/** Empty where there is none: the value that was thrown can be anything. */
export function stackOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack ?? "") : "";
  } catch {
    return "";
  }
}

/** A file of Flotilla that no user edits, or a bundle. In a checkout of Flotilla its constructs are the user's. */
function isOfProgram(file: string): boolean {
  if (/\/node_modules\/(flotilla|\.cache)\//.test(file)) return true;
  const path = relative(installation, file);
  if (path.startsWith("..") || path.startsWith("node_modules")) return false;
  const isCheckout = !relative(installation, process.cwd()).startsWith("..");
  return !isCheckout || makers.test(path);
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
