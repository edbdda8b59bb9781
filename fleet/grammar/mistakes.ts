/**
 * Mistakes in a file that a person wrote: all of them at once, each with its place and its fix.
 */

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

/** `file:line:column: path: message`, as editors and terminals link it. */
export function formatMistake(mistake: Mistake): string {
  const place = [mistake.file, mistake.line, mistake.column]
    .filter((part) => part !== undefined)
    .join(":");
  return [place, mistake.path, mistake.message]
    .map((part) => onOneLine(String(part ?? "")))
    .filter(Boolean)
    .join(": ");
}

/** A name or a value with a line break must not look like a mistake of its own: `a\nb.yaml`. */
function onOneLine(name: string): string {
  return name.replaceAll(/[\n\r\t]/g, (character) => JSON.stringify(character).slice(1, -1));
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
