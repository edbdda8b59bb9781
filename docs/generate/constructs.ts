/** The reference of what own code is written with: constructs, props and functions, from their docstrings. */
import {
  constructorOf,
  declarationOf,
  docsAtTop,
  methodsOf,
  propsOfType,
  type Method,
  type Prop,
  type ReadSource,
} from "./declarations.ts";

export type { ReadSource } from "./declarations.ts";

interface Export {
  readonly name: string;
  /** The file that declares it. */
  readonly path: string;
}

/**
 * @param entry what the package exports: `edge`
 * @param read throws where the file is missing
 */
export function constructsPage(entry: string, read: ReadSource): string {
  const exported = exportsOf(entry, read);
  const isClass = ({ name, path }: Export) => declarationOf(read(path), "class", name);
  const classes = exported.filter(isClass);
  const parts = [
    `# flotilla/${entry}`,
    introduction(entry),
    ...classes.map((each) => classSection(each, read)),
    ...propsSections(exported, classes, read),
    ...functionSections(exported, read),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The names that an entry exports again, each with the file that declares it. */
function exportsOf(entry: string, read: ReadSource): Export[] {
  const pattern = /^export (?:type )?\{([^}]*)\} from "\.\/([^"]+)";/gm;
  return [...read(`${entry}/index.ts`).matchAll(pattern)].flatMap(([, list = "", file = ""]) =>
    list
      .split(",")
      .map((name) => name.trim().replace(/^type /, ""))
      .filter(Boolean)
      .map((name) => ({ name, path: `${entry}/${file}` })),
  );
}

const usualParameters = "scope, id, props";

function classSection({ name, path }: Export, read: ReadSource): string {
  const text = read(path);
  const { docs = "", body = [] } = declarationOf(text, "class", name) ?? {};
  const made = constructorOf(name, path, read);
  const names = made.parameters.map((each) => each.name).join(", ");
  const type = made.parameters.at(-1)?.type ?? "";
  // A file says at its top what its noun is, and at the class what it needs.
  const top = docsAtTop(text);
  return section(name, path, [
    ...[top, docs].filter((each, index) => each !== "" && (index === 0 || each !== top)).map(prose),
    ...(names === usualParameters ? [] : [`Takes \`(${names})\`.`]),
    propsTable(propsOfType(type, made.path, read)),
    methodsTable(methodsOf(body)),
  ]);
}

/** Props that no construct of the page takes: those of own classes. */
function propsSections(
  exported: readonly Export[],
  classes: readonly Export[],
  read: ReadSource,
): readonly string[] {
  const taken = classes.flatMap(({ name, path }) => constructorOf(name, path, read).parameters);
  return exported
    .filter(({ name }) => name.endsWith("Props") && taken.every(({ type }) => type !== name))
    .map(({ name, path }) => {
      const { docs = "" } = declarationOf(read(path), "interface", name) ?? {};
      const about = docs === "" ? docsAtTop(read(path)) : docs;
      return section(name, path, [prose(about), propsTable(propsOfType(name, path, read))]);
    });
}

function functionSections(exported: readonly Export[], read: ReadSource): readonly string[] {
  return exported.flatMap(({ name, path }) => {
    const text = read(path);
    const made = declarationOf(text, "function", name);
    const found = made ?? declarationOf(text, "const", name);
    if (found === undefined) return [];
    const signature =
      made === undefined
        ? found.header.replace(/^export | =.*$/g, "")
        : found.header.replace(/^export (async )?function /, "");
    return [section(name, path, [`\`${signature}\``, prose(found.docs)])];
  });
}

function section(name: string, path: string, parts: readonly string[]): string {
  const [first = "", ...others] = parts.filter(Boolean);
  const isTable = (text: string) => text.startsWith("|");
  const texts = [first, ...others].filter((text) => text !== "" && !isTable(text));
  const tables = others.concat(first).filter(isTable);
  return [`## ${name}`, ...texts, `Source: \`${path}\``, ...tables].join("\n\n");
}

function propsTable(props: readonly Prop[]): string {
  if (props.length === 0) return "";
  const rows = props.map(
    ({ name: prop, type, isRequired, docs: text }) =>
      `| \`${prop}\` | \`${type.replaceAll("|", "\\|")}\` | ${isRequired ? "yes" : "no"} | ${cell(text)} |`,
  );
  return ["| prop | type | required | what it is |", "| --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

function methodsTable(methods: readonly Method[]): string {
  if (methods.length === 0) return "";
  const rows = methods.map(
    ({ signature, docs }) => `| \`${signature.replaceAll("|", "\\|")}\` | ${cell(docs)} |`,
  );
  return ["| method | what it does |", "| --- | --- |", ...rows].join("\n");
}

/** A docstring as Markdown: the tags of parameters and errors are lines of their own. */
function prose(docs: string): string {
  return escaped(docs).replaceAll(/^@(\w+) /gm, "\n**$1** ");
}

function cell(docs: string): string {
  const text = docs
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/\s*@default /g, " Default: ")
    .replaceAll(/\s*@(\w+) /g, " **$1** ");
  return escaped(text.trim()).replaceAll("|", "\\|");
}

/** Outside code. */
function escaped(text: string): string {
  return text.replaceAll(/`[^`]*`|</g, (found) => (found === "<" ? "&lt;" : found));
}

const introduction = (entry: string) =>
  `What \`flotilla/${entry}\` exports, from the docstrings of its sources. A class takes \`(${usualParameters})\` unless it says otherwise.`;
