/**
 * Formats a report like the `butane` command: each entry with the lines around it and its position
 * marked.
 */
import { formatEntry, type ReportEntry } from "./report.ts";

export interface ReportTextOptions {
  /** The name of the source, `<stdin>`. */
  readonly file: string;
  /** The source as it was read, including a byte order mark. */
  readonly text: string;
  /** With the colours of a terminal. */
  readonly colored: boolean;
}

const colors = {
  error: "\u001b[1;31m",
  warning: "\u001b[1;33m",
  frame: "\u001b[1;34m",
  end: "\u001b[0m",
} as const;

/** How many lines to show before and after the line of an entry. */
const contextLines = 2;

/** Longer lines are not shown. After `lengthMax` characters, no lines are shown at all. */
const lineLengthMax = 2 ** 16;
const lengthMax = 2 ** 20;

export function reportText(report: readonly ReportEntry[], options: ReportTextOptions): string {
  const lines = linesAt(report, options.text);
  let length = 0;
  const texts = report.map((entry) => {
    if (length > lengthMax) return `${formatEntry(entry)}\n`;
    const text = entryText(entry, lines, options);
    length += text.length;
    return text;
  });
  return texts.join("\n");
}

interface Lines {
  readonly count: number;
  /** The lines of the entries and those around them, by number. */
  readonly texts: ReadonlyMap<number, string>;
}

function linesAt(report: readonly ReportEntry[], text: string): Lines {
  const wanted = new Set<number>();
  for (const { line = 0 } of report) {
    for (let near = -contextLines; near <= contextLines; near += 1) wanted.add(line + near);
  }
  const texts = new Map<number, string>();
  let count = 0;
  for (let start = 0; wanted.size > 0;) {
    count += 1;
    const end = text.indexOf("\n", start);
    const line = wanted.has(count) ? text.slice(start, end < 0 ? text.length : end) : undefined;
    if (line !== undefined) texts.set(count, line.length > lineLengthMax ? "..." : line);
    if (end < 0) break;
    start = end + 1;
  }
  return { count, texts };
}

/** The report with one line for each entry. */
export function plainReportText(report: readonly ReportEntry[]): string {
  return report.map((entry) => `${formatEntry(entry)}\n`).join("");
}

function entryText(
  entry: ReportEntry,
  { count, texts }: Lines,
  { file, colored }: ReportTextOptions,
): string {
  const { kind, path, line = 0, column = 0, message } = entry;
  const bytes = Buffer.from(texts.get(line) ?? "");
  if (line < 1 || line > count || column < 1 || column > bytes.length) {
    return `${formatEntry(entry)}\n`;
  }
  const paint = (text: string, color: keyof typeof colors) =>
    colored ? `${colors[color]}${text}${colors.end}` : text;
  const last = Math.min(count, line + contextLines);
  const width = String(last).length;
  const margin = ` ${" ".repeat(width)} |`;
  const head = `${paint(kind, kind)}${path === "$" ? "" : `[${path}]`}:`;
  let text = `${head}\n  ${paint("-->", "frame")} ${file}:${line}:${column}\n${margin}\n`;
  for (let number = Math.max(1, line - contextLines); number <= last; number += 1) {
    const shown = paint(String(number).padStart(width), "frame");
    text += ` ${shown} | ${texts.get(number)}\n`;
    if (number !== line) continue;
    const length = underlineLength(bytes.subarray(column - 1));
    const underline = paint("^".repeat(length), "frame");
    text += `${margin} ${" ".repeat(column - 1)}${underline} ${message}\n`;
  }
  return `${text}${margin}\n`;
}

/** Bytes up to the next white space. butane also uses the column as a number of bytes. */
function underlineLength(rest: Buffer): number {
  const text = rest.toString("latin1");
  // The white space outside ASCII that occurs in texts: U+0085 and U+00A0, in UTF-8.
  const end = text.search(/[ \t\v\f\r]|\u00c2[\u0085\u00a0]/);
  return end < 0 ? rest.length : end;
}
