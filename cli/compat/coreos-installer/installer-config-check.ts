/**
 * Checks a file for `installer.d`: YAML with the long options of `coreos-installer install` as keys.
 * The rules and the errors are those of coreos-installer.
 */
import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node } from "yaml";
import { FormatError } from "../../../edge/formats/bytes.ts";
import { ConsoleError, parseConsole } from "./console.ts";

type Check = (text: string) => string | undefined;

interface Option {
  readonly kind: "text" | "texts" | "flag";
  /** Whether null means absent. */
  readonly nullable: boolean;
  /** What is wrong with a value, or undefined. */
  readonly check?: Check;
}

const text: Option = { kind: "text", nullable: true };
const texts: Option = { kind: "texts", nullable: false };
const flag: Option = { kind: "flag", nullable: false };

const url: Check = (value) =>
  /^[A-Za-z][A-Za-z\d+.-]*:/.test(value) ? undefined : "relative URL without a base";

const hash: Check = (value) => {
  const [, kind, digest] = /^([^-]*)-(.*)$/s.exec(value) ?? [];
  if (kind === undefined || digest === undefined) {
    return `failed to detect hash-type and digest in '${value}'`;
  }
  if (kind !== "sha256" && kind !== "sha512") return `unknown hash type '${kind}'`;
  return /^([\da-fA-F]{2})*$/.test(digest) ? undefined : "decoding hex digest";
};

const retries: Check = (value) => {
  if (value === "infinite") return undefined;
  if (value === "") return "cannot parse integer from empty string";
  if (!/^\+?\d+$/.test(value)) return "invalid digit found in string";
  return Number(value) < 2 ** 32 ? undefined : "number too large to fit in target type";
};

const console: Check = (value) => {
  try {
    parseConsole(value);
    return undefined;
  } catch (error) {
    if (error instanceof ConsoleError) return error.message;
    throw error;
  }
};

/** In the order in which an error lists them. */
const options: Readonly<Record<string, Option>> = {
  stream: text,
  "image-url": { ...text, check: url },
  "image-file": text,
  "ignition-file": text,
  "ignition-url": { ...text, check: url },
  "ignition-hash": { ...text, check: hash },
  architecture: { ...text, nullable: false },
  platform: text,
  console: { ...texts, check: console },
  "append-karg": texts,
  "delete-karg": texts,
  "copy-network": flag,
  "network-dir": { ...text, nullable: false },
  "save-partlabel": texts,
  "save-partindex": texts,
  offline: flag,
  insecure: flag,
  "insecure-ignition": flag,
  "stream-base-url": { ...text, check: url },
  "preserve-on-error": flag,
  "fetch-retries": { ...text, nullable: false, check: retries },
  "secure-ipl": flag,
  "dest-device": text,
};

/** @throws FormatError with the error of coreos-installer */
export function checkInstallerConfig(bytes: Uint8Array): void {
  const source = Buffer.from(bytes).toString("utf8");
  const document = parseDocument(source, { uniqueKeys: false, strict: false });
  const [mistake] = document.errors;
  if (mistake !== undefined) throw mistaken(mistake.message.split("\n")[0] ?? "");
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.source === "")) return;
  const place = placeIn(source);
  if (!isMap(contents)) {
    throw mistaken(`invalid type: ${shown(contents)}, expected struct InstallConfig`);
  }
  const seen = new Set<string>();
  for (const { key, value } of contents.items) {
    const name = isScalar(key) ? (key.source ?? String(key.value)) : String(key);
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) {
      const known = Object.keys(options)
        .map((each) => `\`${each}\``)
        .join(", ");
      throw mistaken(`unknown field \`${name}\`, expected one of ${known}${place(key as Node)}`);
    }
    if (seen.has(name)) throw mistaken(`duplicate field \`${name}\`${place(contents)}`);
    seen.add(name);
    checkValue(name, option, resolved(document, value as Node), place);
  }
}

/** What an alias refers to. */
function resolved(document: Document, value: Node): Node {
  return (isAlias(value) ? value.resolve(document) : undefined) ?? value;
}

type PlaceOf = (node: Node) => string;

function checkValue(name: string, option: Option, value: Node, place: PlaceOf): void {
  if (option.nullable && isNull(value)) return;
  if (option.kind === "texts") {
    if (!isSeq(value)) throw wrongType(name, value, "a sequence", place);
    for (const [index, item] of value.items.entries()) {
      checkText(`${name}[${index}]`, option, item as Node, place);
    }
    return;
  }
  if (option.kind === "text") {
    checkText(name, option, value, place);
    return;
  }
  const isFlag = isScalar(value) && typeof value.value === "boolean";
  if (!isFlag) throw wrongType(name, value, "a boolean", place);
}

function checkText(name: string, option: Option, value: Node, place: PlaceOf): void {
  if (!isScalar(value)) throw wrongType(name, value, "a string", place);
  const wrong = option.check?.(value.source ?? String(value.value));
  if (wrong !== undefined) throw mistaken(`${name}: ${wrong}${place(value)}`);
}

function isNull(value: Node): boolean {
  return isScalar(value) && value.value === null;
}

function wrongType(name: string, value: Node, expected: string, place: PlaceOf): FormatError {
  return mistaken(`${name}: invalid type: ${shown(value)}, expected ${expected}${place(value)}`);
}

function shown(value: Node): string {
  if (isMap(value)) return "map";
  if (isSeq(value)) return "sequence";
  if (!isScalar(value) || value.value === null) return "unit value";
  if (typeof value.value === "boolean") return `boolean \`${value.value}\``;
  if (typeof value.value === "number") {
    const kind = Number.isInteger(value.value) ? "integer" : "floating point";
    return `${kind} \`${value.value}\``;
  }
  return `string ${JSON.stringify(value.value)}`;
}

/** ` at line 1 column 14`; empty at the beginning of the file. */
function placeIn(source: string): PlaceOf {
  return (node) => {
    const offset = node.range?.[0] ?? 0;
    if (offset === 0) return "";
    const before = source.slice(0, offset).split("\n");
    return ` at line ${before.length} column ${[...(before.at(-1) ?? "")].length + 1}`;
  };
}

function mistaken(message: string): FormatError {
  return new FormatError(message, { reference: [message] });
}
