/**
 * The reference of the constructs, from the docstrings of the sources. The sources are formatted by Prettier, so
 * that a declaration ends at the first line that is a closing brace alone.
 */

/** A source file: `edge/parts/hostname.ts`, with its text. */
export type ReadSource = (path: string) => string;

interface Declaration {
  readonly docs: string;
  /** The lines between the braces. */
  readonly body: readonly string[];
}

/**
 * @param entry what the package exports: `edge`
 * @param read throws where the file is missing
 */
export function constructsPage(entry: string, read: ReadSource): string {
  const exported = exportsOf(entry, read);
  const sections = exported.flatMap(({ name, path }) => {
    const found = declarationOf(read(path), "class", name);
    if (found === undefined) return [];
    const props = exported.find((each) => each.name === `${name}Props`);
    return [section(name, path, found, props && propsOf(props.name, read(props.path)))];
  });
  return `# flotilla/${entry}\n\n${introduction(entry)}\n\n${sections.join("\n\n")}\n`;
}

/** The names that an entry exports again, each with the file that declares it. */
function exportsOf(entry: string, read: ReadSource): { name: string; path: string }[] {
  const pattern = /^export (?:type )?\{([^}]*)\} from "\.\/([^"]+)";/gm;
  return [...read(`${entry}/index.ts`).matchAll(pattern)].flatMap(([, list = "", file = ""]) =>
    list
      .split(",")
      .map((name) => name.trim().replace(/^type /, ""))
      .filter(Boolean)
      .map((name) => ({ name, path: `${entry}/${file}` })),
  );
}

function declarationOf(
  text: string,
  kind: "class" | "interface",
  name: string,
): Declaration | undefined {
  const lines = text.split("\n");
  const pattern = new RegExp(`^export (?:abstract )?${kind} ${name}\\b`);
  const start = lines.findIndex((line) => pattern.test(line));
  if (start < 0) return undefined;
  const end = lines.findIndex((line, index) => index >= start && /^\}|\{\}$/.test(line));
  // A file says at its top what its noun is, and at the class what it needs.
  const docs = [docsAtTop(lines), docsBefore(lines, start)].filter(Boolean).join("\n\n");
  return { docs, body: lines.slice(start + 1, end) };
}

function docsAtTop(lines: readonly string[]): string {
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

interface Prop {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly docs: string;
}

function propsOf(name: string, text: string): readonly Prop[] {
  const { body = [] } = declarationOf(text, "interface", name) ?? {};
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

function section(
  name: string,
  path: string,
  { docs }: Declaration,
  props: readonly Prop[] | undefined,
): string {
  const rows = (props ?? []).map(
    ({ name: prop, type, isRequired, docs: text }) =>
      `| \`${prop}\` | \`${type.replaceAll("|", "\\|")}\` | ${isRequired ? "required" : ""} | ${cell(text)} |`,
  );
  const table = ["| prop | type | | what it is |", "| --- | --- | --- | --- |", ...rows];
  const parts = [`## ${name}`, prose(docs), `Source: \`${path}\``];
  return [...parts, ...(rows.length > 0 ? [table.join("\n")] : [])].filter(Boolean).join("\n\n");
}

/** A docstring as Markdown: the tags of parameters and errors are lines of their own. */
function prose(docs: string): string {
  return escaped(docs).replaceAll(/^@(\w+) /gm, "\n**$1** ");
}

function cell(docs: string): string {
  const text = docs.replaceAll(/\s*\n\s*/g, " ").replaceAll(/\s*@default /g, " Default: ");
  return escaped(text.trim()).replaceAll("|", "\\|");
}

/** Outside of code. */
function escaped(text: string): string {
  return text.replaceAll(/`[^`]*`|</g, (found) => (found === "<" ? "&lt;" : found));
}

const introduction = (entry: string) =>
  `The constructs that \`flotilla/${entry}\` exports, from the docstrings of their sources. All take \`(scope, id, props)\`.`;
