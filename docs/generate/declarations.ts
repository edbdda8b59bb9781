/**
 * Reads declarations from the text of sources. The sources are formatted by Prettier, so that a declaration
 * ends at the first line that is a closing brace alone.
 */
import { posix } from "node:path";

/** A source file: `edge/parts/hostname.ts`, with its text. */
export type ReadSource = (path: string) => string;

export interface Declaration {
  readonly docs: string;
  /** Its text up to the brace, in one line. */
  readonly header: string;
  /** The lines between the braces. */
  readonly body: readonly string[];
}

export interface Prop {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly docs: string;
}

export type DeclarationKind = "class" | "interface" | "function" | "const" | "type";

/** @returns undefined if the text does not declare it */
export function declarationOf(
  text: string,
  kind: DeclarationKind,
  name: string,
): Declaration | undefined {
  const lines = text.split("\n");
  const pattern = new RegExp(`^(?:export )?(?:abstract |async )?${kind} ${name}\\b`);
  const start = lines.findIndex((line) => pattern.test(line));
  if (start < 0) return undefined;
  const isLast = kind === "type" || kind === "const" ? /;$|[{[(]$/ : /\{\}?$/;
  const opening = lines.findIndex((line, index) => index >= start && isLast.test(line));
  const end = lines.findIndex((line, index) => index >= opening && /^\}|\{\}$/.test(line));
  const header = lines.slice(start, opening + 1).map((line) => line.trim());
  return {
    docs: docsBefore(lines, start),
    header: joined(header).replace(/ ?\{\}?$/, ""),
    body: lines.slice(opening + 1, end),
  };
}

/** One line, as Prettier would write it if lines had no limit. */
function joined(lines: readonly string[]): string {
  return lines
    .join(" ")
    .replaceAll(/([(<]) /g, "$1")
    .replaceAll(/,? ([)>])(?![=>])/g, "$1");
}

/** The docstring at the top of a file. */
export function docsAtTop(text: string): string {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => line.endsWith("*/"));
  return lines[0]?.startsWith("/**") ? docsBefore(lines, end + 1) : "";
}

/** The docstring that ends in the line before. */
function docsBefore(lines: readonly string[], index: number): string {
  if (!lines[index - 1]?.trim().endsWith("*/")) return "";
  const start = lines.findLastIndex((line, at) => at < index && line.trim().startsWith("/**"));
  return lines
    .slice(start, index)
    .map((line) =>
      line
        .trim()
        .replace(/^\/\*\*\s?|\s?\*\/$|^\*\s?/g, "")
        .replace(/\s?\*\/$/, ""),
    )
    .join("\n")
    .trim();
}

/** The file that declares a name of a file: itself, or the one that it is imported from. */
function fileOf(name: string, path: string, read: ReadSource): string | undefined {
  const text = read(path);
  if (new RegExp(`^(?:export )?(?:interface|type|class) ${name}\\b`, "m").test(text)) return path;
  const imported = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from "(\.[^"]+)";/gm)];
  const [, , source] =
    imported.find(([, list = ""]) => new RegExp(`(^|[\\s,])${name}\\b`).test(list)) ?? [];
  return source && posix.join(posix.dirname(path), source);
}

/** The properties of a type: of an interface, with those that it inherits, or of an intersection. */
export function propsOfType(type: string, path: string, read: ReadSource): readonly Prop[] {
  const all = type.split(" & ").flatMap((part) => propsOfPart(part.trim(), path, read));
  return [...new Map(all.toReversed().map((prop) => [prop.name, prop])).values()].toReversed();
}

function propsOfPart(type: string, path: string, read: ReadSource): readonly Prop[] {
  const [, utility, inner = "", names = ""] = /^(Omit|Pick)<(\w+), (.*)>$/.exec(type) ?? [];
  if (utility !== undefined) {
    const listed = [...names.matchAll(/"(\w+)"/g)].map(([, name]) => name);
    return propsOfPart(inner, path, read).filter(
      ({ name }) => listed.includes(name) === (utility === "Pick"),
    );
  }
  if (!/^\w+$/.test(type)) return [];
  const file = fileOf(type, path, read);
  if (file === undefined) return [];
  const alias = declarationOf(read(file), "type", type);
  if (alias !== undefined) {
    return propsOfType(alias.header.replace(/^.*? = |;$/g, ""), file, read);
  }
  const { header = "", body = [] } = declarationOf(read(file), "interface", type) ?? {};
  const [, bases = ""] = /\bextends (.*)$/.exec(header) ?? [];
  const inherited = bases
    .split(/, (?![^<]*>)/)
    .filter(Boolean)
    .flatMap((base) => propsOfPart(base, file, read));
  return [...propsOfBody(body), ...inherited];
}

function propsOfBody(body: readonly string[]): readonly Prop[] {
  return body.flatMap((line, index) => {
    const [, prop, optional, type = ""] =
      /^ {2}readonly (\w+)(\??):(?: (.*?))?;?$/.exec(line) ?? [];
    if (prop === undefined) return [];
    const isWhole = line.endsWith(";");
    const written = isWhole ? type : typeOver(body.slice(index), type);
    return [
      { name: prop, type: written, isRequired: optional === "", docs: docsBefore(body, index) },
    ];
  });
}

/** A type over several lines, in one. */
function typeOver(lines: readonly string[], first: string): string {
  const end = lines.findIndex(
    (line) => /^ {2}\S.*;$|^ {4}.*;$/.test(line) && !line.startsWith("    //"),
  );
  const others = lines.slice(1, end + 1).map((line) => line.trim());
  return [first, ...others].join(" ").replace(/;$/, "").trim();
}

export interface Parameter {
  readonly name: string;
  readonly type: string;
}

/** What a constructor takes: its own, or that of a class of Flotilla that it extends; else that of a construct. */
export function constructorOf(
  name: string,
  path: string,
  read: ReadSource,
): { readonly parameters: readonly Parameter[]; readonly path: string } {
  const { header = "", body = [] } = declarationOf(read(path), "class", name) ?? {};
  const start = body.findIndex((line) => /^ {2}(public )?constructor\(/.test(line));
  if (start >= 0) return { parameters: parametersFrom(body.slice(start)), path };
  const [, base = ""] = /\bextends (\w+)/.exec(header) ?? [];
  const file = fileOf(base, path, read);
  if (file !== undefined) return constructorOf(base, file, read);
  const parameters = [
    { name: "scope", type: "Construct" },
    { name: "id", type: "string" },
  ];
  return { parameters, path };
}

/** @param lines from the one with the opening parenthesis */
function parametersFrom(lines: readonly string[]): readonly Parameter[] {
  const end = lines.findIndex((line) => /\{\}?$/.test(line));
  const text = joined(lines.slice(0, end + 1).map((line) => line.trim()));
  const list = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
  return list
    .split(/, (?=\w+\??:|\{[^}]*\}:)/)
    .filter(Boolean)
    .map((parameter) => {
      const [, name = "", type = ""] = /^(\w+|\{[^}]*\})\??: (.*?)( = .*)?$/.exec(parameter) ?? [];
      return { name: name.startsWith("{") ? "props" : name, type };
    });
}

export interface Method {
  /** `addFile(part: Construct, file: ButaneFile): void`. */
  readonly signature: string;
  readonly docs: string;
}

/** The methods that users of a class call. */
export function methodsOf(body: readonly string[]): readonly Method[] {
  return body.flatMap((line, index) => {
    if (!/^ {2}(static )?[a-z]\w*\(/.test(line) || line.startsWith("  constructor(")) return [];
    const end = body.findIndex((each, at) => at >= index && each.endsWith("{"));
    const signature = joined(body.slice(index, end + 1).map((each) => each.trim()));
    return [{ signature: signature.replace(/ \{$/, ""), docs: docsBefore(body, index) }];
  });
}
