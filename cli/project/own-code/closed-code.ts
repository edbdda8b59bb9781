/**
 * Whether a user's own code does the same in every run. Such code gets what it uses from its arguments, from
 * Flotilla and its packages, and from files that it reads synchronously, which are noted
 * (cli/runs/disk-trace.ts). Code with a clock, a variable or another package may do the same too, but
 * nobody can tell.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Metafile } from "esbuild";
import { entryNames } from "./entries.ts";

/** Modules of Node that see nothing that is not noted. */
const knownModules: ReadonlySet<string> = new Set(
  ["assert", "buffer", "crypto", "fs", "path", "url", "util"].flatMap((name) => [
    name,
    `node:${name}`,
  ]),
);

/** Names that lead to a clock, to chance, to a network or to anything at all. */
const openNames =
  /\b(Date|Function|Intl|Temporal|WebAssembly|Worker|eval|fetch|generateKey\w*|generatePrime\w*|global|globalThis|hrtime|navigator|performance|process|promises|require|setImmediate|setInterval|setTimeout|toLocale\w*)\b|\w*[rR]andom|\bimport\s*\(\s*[^\s"']/;

/** @param directory of the bundle's paths */
export function isClosed({ inputs }: Pick<Metafile, "inputs">, directory: string): boolean {
  return Object.entries(inputs).every(([name, { imports }]) => {
    if (/^flotilla-[a-z-]+:/.test(name)) return true;
    const isKnown = imports.every(({ path, external }) => external !== true || isKnownModule(path));
    return isKnown && !openNames.test(readFileSync(resolve(directory, name), "utf8"));
  });
}

/** A URL is what the bundle has for a package that is shared with Flotilla. */
function isKnownModule(name: string): boolean {
  return knownModules.has(name) || name.startsWith("file:") || entryNames.includes(name);
}
