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

/** The names that a file exports, each with the file that it comes from. */
function exportsOf(file: string): (readonly [name: string, source: string])[] {
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
