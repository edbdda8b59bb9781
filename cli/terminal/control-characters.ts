/** Control characters in text for people: a name from outside must not move the cursor or hide a line. */

/** C0 except tab and line break, DEL, C1, line separators and characters that change the direction. */
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** Colours, which our own messages and those of terraform have. */
const colour = /(\u001b\[[0-9;]*m)/;

/** The text with each control character as `\u001b`. */
export function escapeControls(text: string): string {
  return text.replaceAll(
    controls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** As escapeControls, but keeps colours. */
export function escapeExceptColours(text: string): string {
  return text
    .split(colour)
    .map((part, index) => (index % 2 === 1 ? part : escapeControls(part)))
    .join("");
}
