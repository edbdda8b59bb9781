/**
 * The sections of a lock that have a line for each device. They are read and written here when they have the
 * form that Flotilla writes, because a YAML parser takes a hundred times as long for them. Anything else (a
 * comment, a quoted name, an address twice) is left to the parser, which also reports all mistakes.
 */
import { yamlBytesMax } from "../grammar/yaml-guard.ts";

/** What a section holds: addresses by name, or the text of a block. */
export interface LongSections {
  readonly tunnel: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly publicKeys: Readonly<Record<string, string>>;
}

interface ShortLock extends LongSections {
  /** The lock with empty sections. */
  readonly text: string;
}

type Parent = keyof LongSections;

/** A line of a section in its parent, and how its content is read. */
const headers: Readonly<Record<Parent, RegExp>> = {
  tunnel: /^  (addresses|retired):$/,
  publicKeys: /^  (gateways|devices): \|$/,
};

/** A name that YAML does not take for another kind of value, and an address. */
const addressLine = /^    ([a-z][a-z0-9-]{0,62}): ([0-9]{1,3}(?:\.[0-9]{1,3}){3})$/;
const keyLine = /^    [a-z0-9][a-z0-9-]{0,62} [0-9]{1,9} [A-Za-z0-9+/=]{1,64}$/;
/** What follows a section: a key of its parent, or of the lock. */
const nextLine = /^(  )?[a-zA-Z]/;
const reservedWords: ReadonlySet<string> = new Set(["null", "true", "false"]);

/** The lock without its long sections; undefined if one of them has another form. */
export function withoutLongSections(text: string): ShortLock | undefined {
  if (text.length > yamlBytesMax) return undefined;
  const lines = text.split("\n");
  const rest: string[] = [];
  const found = { tunnel: {}, publicKeys: {} } as Record<Parent, Record<string, unknown>>;
  let parent = "";
  for (let index = 0; index < lines.length;) {
    const line = lines[index++] ?? "";
    if (!line.startsWith(" ")) parent = line.replace(/:$/, "");
    const header = isParent(parent) ? headers[parent].exec(line) : null;
    if (header === null || !isParent(parent)) {
      rest.push(line);
      continue;
    }
    const [, name = ""] = header;
    const start = index;
    while (lines[index]?.startsWith("    ")) index += 1;
    const own = lines.slice(start, index);
    const content = parent === "tunnel" ? addressesOf(own) : blockOf(own);
    const isWhole = nextLine.test(lines[index] ?? "") || index >= lines.length - 1;
    if (content === undefined || !isWhole || Object.hasOwn(found[parent], name)) return undefined;
    found[parent][name] = content;
    rest.push(`  ${name}: ${parent === "tunnel" ? "{}" : "''"}`);
  }
  return { ...(found as unknown as LongSections), text: rest.join("\n") };
}

function isParent(name: string): name is Parent {
  return name === "tunnel" || name === "publicKeys";
}

function addressesOf(lines: readonly string[]): Readonly<Record<string, string>> | undefined {
  const addresses: Record<string, string> = {};
  for (const line of lines) {
    const [, name = "", address = ""] = addressLine.exec(line) ?? [];
    if (name === "" || reservedWords.has(name) || Object.hasOwn(addresses, name)) return undefined;
    addresses[name] = address;
  }
  return lines.length === 0 ? undefined : addresses;
}

function blockOf(lines: readonly string[]): string | undefined {
  if (lines.length === 0 || !lines.every((line) => keyLine.test(line))) return undefined;
  return lines.map((line) => `${line.slice(4)}\n`).join("");
}

/**
 * The lock with its long sections.
 *
 * @param text has them empty: `  addresses: {}`, `  devices: ''`
 * @returns undefined if one of them cannot be written so
 */
export function withLongSections(text: string, sections: LongSections): string | undefined {
  const lines = text.split("\n");
  let parent = "";
  const written = lines.map((line) => {
    if (!line.startsWith(" ")) parent = line.replace(/:$/, "");
    const [, name = "", empty = ""] = /^  ([a-z]+): (\{\}|'')$/.exec(line) ?? [];
    if (!isParent(parent) || !Object.hasOwn(sections[parent], name)) return line;
    const content = sections[parent][name] ?? "";
    const own = typeof content === "string" ? blockLines(content) : addressLines(content);
    if (own.length === 0) return line;
    return [`  ${name}:${empty === "{}" ? "" : " |"}`, ...own].join("\n");
  });
  const full = written.join("\n");
  const short = withoutLongSections(full);
  // What cannot be read in this way cannot be written in it.
  return short?.text === text ? full : undefined;
}

const addressLines = (addresses: Readonly<Record<string, string>>) =>
  Object.entries(addresses).map(([name, address]) => `    ${name}: ${address}`);

const blockLines = (block: string) =>
  block === ""
    ? []
    : block
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => `    ${line}`);
