/** Colours by meaning, the same ones in every table and text of the terminal. */
export type Tone = "good" | "bad" | "warning" | "faint" | "heading" | "loud";

const codes: Readonly<Record<Tone, string>> = {
  good: "\u001b[32m",
  bad: "\u001b[31m",
  warning: "\u001b[33m",
  faint: "\u001b[2m",
  heading: "\u001b[1m",
  loud: "\u001b[1;31m",
};
const reset = "\u001b[0m";

/** The text as it is, if there is nothing to colour. */
export function toned(text: string, tone: Tone | undefined, colours: boolean): string {
  return colours && tone !== undefined && text !== "" ? `${codes[tone]}${text}${reset}` : text;
}
