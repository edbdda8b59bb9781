/**
 * Butane as a person reads it: YAML with block scalars for contents and octal modes.
 *
 * Written here and not by a library because it is most of what a synthesis of a thousand devices
 * would do: the shape is known, so the style of a value need not be searched for. What is not
 * plainly safe is quoted as JSON, which is YAML too.
 */
import type { ButaneConfig } from "./config.ts";

/** `comment` becomes the first line; it has no line break. */
export function butaneText(config: ButaneConfig, comment: string): string {
  return `# ${comment}\n${mappingText(config, "")}`;
}

function mappingText(mapping: object, indent: string): string {
  let text = "";
  for (const [key, value] of Object.entries(mapping)) {
    if (value !== undefined) text += `${indent}${key}:${valueText(key, value, indent)}`;
  }
  return text;
}

/** What stands behind a key's colon, with its line end. */
function valueText(key: string, value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []\n";
    return `\n${value.map((item) => itemText(item, `${indent}  `)).join("")}`;
  }
  if (typeof value === "object" && value !== null) return `\n${mappingText(value, `${indent}  `)}`;
  return ` ${scalarText(key, value, `${indent}  `)}\n`;
}

/**
 * Mappings in lists that were written before, each with its text at that indent: units and scripts
 * are the same objects on every device.
 */
const written = new WeakMap<object, { readonly indent: string; readonly text: string }>();

function itemText(item: unknown, indent: string): string {
  if (typeof item !== "object" || item === null) {
    return `${indent}- ${scalarText("", item, `${indent}  `)}\n`;
  }
  const known = written.get(item);
  if (known?.indent === indent) return known.text;
  // The first key stands on the line of the hyphen.
  const text = `${indent}- ${mappingText(item, `${indent}  `).slice(indent.length + 2)}`;
  written.set(item, { indent, text });
  return text;
}

function scalarText(key: string, value: unknown, indent: string): string {
  if (typeof value === "string") return stringText(value, indent);
  // 0644 instead of 420: the form in which everybody reads modes, and which Butane takes.
  if (key === "mode" && typeof value === "number") return `0${value.toString(8)}`;
  return String(value);
}

/** No number, and nothing that YAML could take for its own; versions of three parts are text. */
const plainPattern = /^(?:(?:[A-Za-z/]|\.\.\/)[\w./@+=,:%-]*(?: [\w./@+=,%-]+)*|\d+\.\d+\.\d+)$/;
/** The words of YAML 1.1 that are not text. */
const wordPattern = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
/** Text lines, the first of which starts with something: what a block scalar shows as it is. */
const blockPattern = /^(?![ \t\n])[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]*$/;

function stringText(value: string, indent: string): string {
  if (plainPattern.test(value) && !value.endsWith(":") && !wordPattern.test(value)) return value;
  if (!value.includes("\n") || !blockPattern.test(value)) return quoted(value);
  const chomping = value.endsWith("\n\n") ? "+" : value.endsWith("\n") ? "" : "-";
  const lines = value.replace(/\n$/, "").replaceAll(/^(?!$)/gm, indent);
  return `|${chomping}\n${lines}`;
}

function quoted(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[\x7f-\x9f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
