/**
 * Markdown with texts from outside. Each of them is code: there GitHub and GitLab read no mention, link,
 * reference, image, heading or HTML, which a backslash alone does not prevent (`\@name` is a mention).
 */
import { escapeControls } from "../terminal/control-characters.ts";

/** A longer text is cut. */
const codeLengthMax = 120;

/** One line of code within a sentence. */
export function code(text: string): string {
  const line = escapeControls(text.replaceAll(/\s+/g, " ").replaceAll(/`{4,}/g, "```")).trim();
  const shown = line.length > codeLengthMax ? `${line.slice(0, codeLengthMax - 1)}…` : line;
  if (shown === "") return "(empty)";
  const ticks = "`".repeat(longestRun(shown) + 1);
  // Spaces keep a backtick of the text apart from those around it; Markdown removes them.
  const space = shown.startsWith("`") || shown.endsWith("`") ? " " : "";
  return ticks + space + shown + space + ticks;
}

/** Lines of code. */
export function codeBlock(text: string): string {
  const shown = escapeControls(text);
  const fence = "`".repeat(Math.max(3, longestRun(shown) + 1));
  return `${fence}text\n${shown}${shown.endsWith("\n") ? "" : "\n"}${fence}\n`;
}

/** A part that is closed at first. The title is of our own words. */
export function folded(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n</details>\n`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
