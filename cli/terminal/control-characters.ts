/** Control characters in text for people: a name from outside must not move the cursor or hide a line. */

import { onOneLine } from "../../fleet/model/one-line.ts";

/** C0 except tab and line break, DEL, C1, line separators and characters that change the direction. */
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** Colours, which our own messages and those of terraform have. */
const colour = /(\u001b\[[0-9;]*m)/;

/** Parts of names from outside that have line breaks, which our own messages have too. */
const brokenNames = new Set<string>();

/**
 * From now on, line breaks of these paths and arguments are escaped: `x\nflotilla: done` must not look
 * like a line of Flotilla, nor be one that a CI obeys.
 */
export function keepNames(names: readonly (string | undefined)[]): void {
  for (const part of names.flatMap((name) => name?.split(/[/=]/) ?? [])) {
    if (/[\n\t]/.test(part) && /\S/.test(part)) brokenNames.add(part);
  }
}

/** The text with each control character as `\u001b`. */
export function escapeControls(text: string): string {
  let shown = text;
  for (const name of brokenNames) shown = shown.replaceAll(name, onOneLine);
  return shown.replaceAll(
    controls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** As escapeControls, and also for line breaks and tabs: a value from outside in a table. */
export function escapeToOneLine(text: string): string {
  return escapeControls(onOneLine(text));
}

/** As escapeControls, but keeps colours. */
export function escapeExceptColours(text: string): string {
  return text
    .split(colour)
    .map((part, index) => (index % 2 === 1 ? part : escapeControls(part)))
    .join("");
}
