/**
 * Writes Butane for people: YAML with block scalars for contents and octal modes.
 *
 * It uses no library, because that would take most of the time of a synthesis of a thousand devices.
 * The shape is known, so one style is enough. A text that is not obviously safe is quoted as JSON, which is
 * also YAML.
 */
import type { ButaneConfig } from "./config.ts";

/** `comment` becomes the first line, and has no line break. */
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

/** The text after a key's colon, including the line break. */
function valueText(key: string, value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []\n";
    return `\n${value.map((item) => itemText(item, `${indent}  `)).join("")}`;
  }
  if (typeof value === "object" && value !== null) return `\n${mappingText(value, `${indent}  `)}`;
  return ` ${scalarText(key, value, `${indent}  `)}\n`;
}

/**
 * The latest mapping in a list for each path or name, with its text: units and scripts are the same
 * objects on every device.
 */
const written = new Map<
  string,
  { readonly item: object; readonly indent: string; readonly text: string }
>();

function itemText(item: unknown, indent: string): string {
  if (typeof item !== "object" || item === null) {
    return `${indent}- ${scalarText("", item, `${indent}  `)}\n`;
  }
  const { path, name } = item as { readonly path?: string; readonly name?: string };
  const place = path ?? name;
  const known = place === undefined ? undefined : written.get(place);
  if (known?.item === item && known.indent === indent) return known.text;
  // The first key is on the line of the hyphen.
  const text = `${indent}- ${mappingText(item, `${indent}  `).slice(indent.length + 2)}`;
  if (place !== undefined) written.set(place, { item, indent, text });
  return text;
}

function scalarText(key: string, value: unknown, indent: string): string {
  if (typeof value === "string") return stringText(value, indent);
  // 0644 instead of 420: the usual form of modes, which Butane accepts.
  if (key === "mode" && typeof value === "number") return `0${value.toString(8)}`;
  return String(value);
}

/** Not a number, and without characters that are special in YAML; a version such as 1.2.3 is text. */
const plainPattern = /^(?:(?:[A-Za-z/]|\.\.\/)[\w./@+=,:%-]*(?: [\w./@+=,%-]+)*|\d+\.\d+\.\d+)$/;
/** Words of YAML 1.1 that are not text. */
const wordPattern = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
/** Lines, the first one without leading white space: a block scalar shows them unchanged. */
const blockPattern = /^(?![ \t\n])[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]*$/;

function stringText(value: string, indent: string): string {
  if (plainPattern.test(value) && !value.endsWith(":") && !wordPattern.test(value)) return value;
  if (!value.includes("\n") || !blockPattern.test(value)) return quoted(value);
  const chomping = value.endsWith("\n\n") ? "+" : value.endsWith("\n") ? "" : "-";
  const lines = value.endsWith("\n") ? value.slice(0, -1) : value;
  return `|${chomping}\n${indented(lines, indent)}`;
}

/** Empty lines stay empty. */
function indented(lines: string, indent: string): string {
  if (lines.includes("\n\n") || lines.endsWith("\n")) return lines.replaceAll(/^(?!$)/gm, indent);
  return indent + lines.replaceAll("\n", `\n${indent}`);
}

function quoted(value: string): string {
  return JSON.stringify(value).replaceAll(
    /[\x7f-\x9f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
