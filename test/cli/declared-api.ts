/** What an entry of the package declares, from the declarations that the package has. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Every exported name of an entry, sorted, with the text of its declaration, without comments.
 *
 * @param file the entry's `.d.ts`
 */
export function declaredApi(file: string): string {
  const declarations = exportsOf(file).map(
    ([name, source]) => [name, declarationOf(source, name)] as const,
  );
  return declarations
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => `${text}\n`)
    .join("\n");
}

/** A type that a declaration names, and the file that declares the type. */
export interface NamedType {
  readonly name: string;
  readonly file: string;
  /** The exported name whose declaration names it. */
  readonly by: string;
}

/** The types of Flotilla's own that the exported declarations of an entry name. */
export function namedTypes(file: string): readonly NamedType[] {
  return exportsOf(file).flatMap(([by, source]) => {
    const text = withoutComments(readFileSync(source, "utf8"));
    const declaration = declarationOf(source, by)
      .replaceAll(/"[^"]*"/g, "")
      // No part of the contract.
      .replaceAll(/^\s*private .*$/gm, "");
    const names = new Set(declaration.match(/\b[A-Z]\w*\b/g) ?? []);
    names.delete(by);
    return [...names].flatMap((name) => {
      const place = placeOf(name, text, source);
      return place === undefined ? [] : [{ name, file: place, by }];
    });
  });
}

/** Where a name of a file is declared; undefined for one of a package, or of the language. */
function placeOf(name: string, text: string, file: string): string | undefined {
  const word = new RegExp(`\\b${name}\\b`);
  const own = new RegExp(
    `^(export )?(declare )?(abstract )?(class|interface|type) ${name}\\b`,
    "m",
  );
  if (own.test(text)) return file;
  const imports = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from "(\.[^"]+)";/gm)];
  const [, , from] = imports.find(([, list = ""]) => word.test(list)) ?? [];
  return from && join(dirname(file), from.replace(/\.ts$/, ".d.ts"));
}

/** The names that a file exports, each with the file that it comes from. */
export function exportsOf(file: string): (readonly [name: string, source: string])[] {
  const text = withoutComments(readFileSync(file, "utf8"));
  const again = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)";/gm)].flatMap(
    ([, list = "", source = ""]) => {
      const target = join(dirname(file), source.replace(/\.ts$/, ".d.ts"));
      const names = list.split(",").map((name) => name.trim().replace(/^type /, ""));
      return names.filter(Boolean).map((name) => [name, target] as const);
    },
  );
  const own = [...text.matchAll(declarationPattern)].map(([, name = ""]) => [name, file] as const);
  return [...again, ...own];
}

const declarationPattern =
  /^export (?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/gm;

function declarationOf(file: string, name: string): string {
  const lines = withoutComments(readFileSync(file, "utf8")).split("\n");
  const isStart = (line: string) =>
    [...line.matchAll(declarationPattern)].some(([, found]) => found === name);
  const found = lines.flatMap((line, index) => (isStart(line) ? [index] : []));
  if (found.length === 0) throw new Error(`${file} has no declaration of ${name}`);
  // An overloaded function has several.
  return found.map((start) => lines.slice(start, endOf(lines, start)).join("\n")).join("\n");
}

/** A declaration ends before the next line that is not indented, and is no closing brace. */
function endOf(lines: readonly string[], start: number): number {
  const next = lines.findIndex((line, index) => index > start && /^[^\s}\])>]/.test(line));
  return next < 0 ? lines.length : next;
}

function withoutComments(text: string): string {
  return text
    .replaceAll(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, "")
    .replaceAll(/\/\*\*[\s\S]*?\*\/ ?/g, "")
    .replaceAll(/^\s*\/\/.*\n/gm, "")
    .replaceAll(/\n+(?=\n|$)/g, "");
}
