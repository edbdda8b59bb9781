/**
 * Mistakes in a file that a person wrote: all of them at once, each with its place and its fix.
 */

import { onOneLine } from "../model/one-line.ts";
import { shortened, shortenedPath } from "../model/shortened.ts";

/** One mistake. `line` and `column` count from 1; absent if there is no such place. */
export interface Mistake {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** Dotted path of the value inside the file, `devices.store-0001.ring`; empty for the whole. */
  readonly path?: string;
  /** What was found and what to write instead, as one or more sentences. */
  readonly message: string;
}

/** `file:line:column: path: message`, as editors and terminals link it; long values are shortened. */
export function formatMistake(mistake: Mistake): string {
  const place = [mistake.file, mistake.line, mistake.column]
    .filter((part) => part !== undefined)
    .join(":");
  return [place, shortenedPath(mistake.path ?? ""), shortened(mistake.message)]
    .map(onOneLine)
    .filter(Boolean)
    .join(": ");
}

/** Each mistake once: devices that share a profile, a site or a line have the same ones. */
export function uniqueMistakes(mistakes: Iterable<Mistake>): Mistake[] {
  return [...new Map([...mistakes].map((each) => [JSON.stringify(each), each])).values()];
}

/** Invalid input: the command line prints every mistake and exits with 1. */
export class InputError extends Error {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(formatMistake).join("\n"));
    this.name = "InputError";
    this.mistakes = mistakes;
  }
}
