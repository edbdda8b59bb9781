/** The session of a command: outputs, terminal and environment. */
import { relative, resolve } from "node:path";
import { onOneLine } from "../../fleet/model/one-line.ts";
import { escapeControls, escapeExceptColours } from "./control-characters.ts";

export interface Session {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes data to standard output, unchanged; for people there is `print`. */
  readonly out: (text: string) => void;
  /** Writes a line of progress to standard error. */
  readonly progress: (text: string) => void;
  /** Replaces the last drawn line; absent if standard error is not a terminal. */
  readonly redraw?: (line: string) => void;
  /** Asks the user; absent without a terminal. */
  readonly ask?: (question: string) => Promise<string>;
  /** Standard output for bytes; absent if the caller takes only text. */
  readonly stream?: ByteStream;
}

/** What a stream takes, and the terminal that it may be. */
export interface ByteStream {
  readonly write: (bytes: Uint8Array, done: (error?: Error | null) => void) => unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** The open file of a process, for who writes without waiting. */
  readonly fd?: number;
}

/** The options that every command has. */
export interface GlobalOptions {
  /** Path of the fleet file, which is that of the environment if there is one. */
  readonly fleet: string;
  readonly environment?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Writes a result for people, or JSON, to standard output, with its control characters escaped. */
export function print({ out, stream }: Session, text: string): void {
  out(stream?.isTTY ? escapeExceptColours(text) : escapeControls(text));
}

/** Writes data that somebody may read on a terminal: unchanged into a pipe or a file. */
export function printData(session: Session, text: string): void {
  if (session.stream?.isTTY) print(session, text);
  else session.out(text);
}

/** A result as one JSON document. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Prints a report as JSON, or its text. */
export function printReport<Report>(
  session: Session,
  { json }: Pick<GlobalOptions, "json">,
  report: Report,
  format: (report: Report) => string,
): void {
  print(session, json ? formatJson(report) : format(report));
}

/** A path relative to the current folder, if it is inside or not far outside. */
export function shownPath(path: string): string {
  const shorter = relative(process.cwd(), path);
  const isShorter = !shorter.startsWith("..") || shorter.length < resolve(path).length;
  return shorter !== "" && isShorter ? shorter : path;
}

/** `1 device`, `2 devices`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * Rows of cells in columns; numbers are aligned to the right. The first row is the head. A cell is on one
 * line: names from outside may have line breaks.
 */
export function formatTable(cells: readonly (readonly (string | number)[])[]): string {
  const rows = cells.map((row) =>
    row.map((cell) => (typeof cell === "string" ? onOneLine(cell) : cell)),
  );
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => String(row[column]).length)),
  );
  const rightAligned = widths.map((_, column) => typeof rows.at(-1)?.[column] === "number");
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return rightAligned[column] ? String(cell).padStart(width) : String(cell).padEnd(width);
      })
      .join("   ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
