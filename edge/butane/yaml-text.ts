/**
 * YAML text with a reading position, lines and columns; and the errors of butane's YAML library (Go's
 * yaml.v3).
 */

/** The text is not valid YAML. The message has the line if the library prints one. */
export class YamlError extends Error {}

/** A position in the text. All numbers start at 0. */
export interface Mark {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/**
 * The library counts lines from 0, adds one for mistakes in tokens but not for those between tokens,
 * and prints no line 0.
 */
export function tokenError(context: Mark | undefined, problem: Mark, message: string): YamlError {
  const line = context?.line || problem.line;
  return new YamlError(line === 0 ? message : `line ${line + 1}: ${message}`);
}

export function structureError(
  context: Mark | undefined,
  problem: Mark,
  message: string,
): YamlError {
  const line = context?.line || problem.line;
  return new YamlError(line === 0 ? message : `line ${line}: ${message}`);
}

/** Characters that need a full check. Most texts have none, which makes reading faster. */
const unusual = /[^\n\x20-\x7e]/;
/** Control characters and invalid characters. */
const forbidden = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;
const surrogate = /[\ud800-\udfff]/;
const loneSurrogate = /\p{Surrogate}/u;
/** Line breaks other than `\n`. */
const rareBreak = /[\r\u0085\u2028\u2029]/;

const lineBreak = /[\n\r\u0085\u2028\u2029]/g;

const piecesMax = 16_384;

/** A text that is made of up to millions of pieces, without a separate piece of memory for each. */
export class Pieces {
  #whole: string[] = [];
  #last = "";

  add(piece: string): void {
    this.#last += piece;
    if (this.#last.length < piecesMax) return;
    // Reading a character makes the engine join the pieces.
    this.#last.charCodeAt(0);
    this.#whole.push(this.#last);
    this.#last = "";
  }

  /** Returns the text and starts an empty one. */
  taken(): string {
    const text = this.#whole.length === 0 ? this.#last : this.#whole.join("") + this.#last;
    this.#whole = [];
    this.#last = "";
    return text;
  }
}

export class YamlText {
  readonly text: string;
  offset = 0;
  line = 0;
  #lineStart = 0;
  readonly #hasRareBreaks: boolean;

  constructor(text: string) {
    // Searching whole texts for single characters is fast.
    const isUnusual = unusual.test(text);
    if (isUnusual && (forbidden.test(text) || (surrogate.test(text) && loneSurrogate.test(text)))) {
      throw new YamlError("control characters are not allowed");
    }
    this.#hasRareBreaks = isUnusual && rareBreak.test(text);
    this.text = text;
  }

  get column(): number {
    return this.offset - this.#lineStart;
  }

  mark(): Mark {
    return { offset: this.offset, line: this.line, column: this.column };
  }

  /** -1 at the end. */
  code(ahead = 0): number {
    const place = this.offset + ahead;
    return place < this.text.length ? this.text.charCodeAt(place) : -1;
  }

  isBreak(ahead = 0): boolean {
    return isBreakCode(this.code(ahead));
  }

  isBlank(ahead = 0): boolean {
    const code = this.code(ahead);
    return code === 0x20 || code === 0x09;
  }

  /** White space, a line break or the end. */
  isBlankOrEnd(ahead = 0): boolean {
    const code = this.code(ahead);
    return code === 0x20 || code === 0x09 || isBreakCode(code) || code < 0;
  }

  isEnd(): boolean {
    return this.offset >= this.text.length;
  }

  /** Skips a line break and returns it, normalized. */
  takeBreak(): string {
    const code = this.code();
    this.offset += code === 0x0d && this.code(1) === 0x0a ? 2 : 1;
    this.line += 1;
    this.#lineStart = this.offset;
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : "\n";
  }

  /** Ends the last line at the end of the text. */
  endLine(): void {
    if (this.column !== 0) this.line += 1;
    this.#lineStart = this.offset;
  }

  skipBlanks(withTabs: boolean): void {
    for (;;) {
      const code = this.code();
      if (code !== 0x20 && !(withTabs && code === 0x09)) return;
      this.offset += 1;
    }
  }

  /** Skips what a sticky pattern finds here, which is not a line break, and returns it. */
  takeMatch(pattern: RegExp): string {
    pattern.lastIndex = this.offset;
    const [found = ""] = pattern.exec(this.text) ?? [];
    this.offset += found.length;
    return found;
  }

  /** Skips everything up to the line break and returns it. */
  takeLine(): string {
    const start = this.offset;
    let end = this.text.indexOf("\n", start);
    if (this.#hasRareBreaks) {
      lineBreak.lastIndex = start;
      end = lineBreak.exec(this.text)?.index ?? -1;
    }
    this.offset = end < 0 ? this.text.length : end;
    return this.text.slice(start, this.offset);
  }

  /**
   * Skips the rest of the line and all following lines that are indented by `indent` spaces, and
   * returns them without their indentation and without the last line break.
   */
  takeLines(indent: number): string {
    if (this.#hasRareBreaks) return this.takeLine();
    const { text } = this;
    const lines = new Pieces();
    let start = this.offset;
    let end = text.indexOf("\n", start);
    while (end >= 0 && isIndented(text, end + 1, indent)) {
      lines.add(text.slice(start, end + 1));
      this.line += 1;
      this.#lineStart = end + 1;
      start = end + 1 + indent;
      end = text.indexOf("\n", start);
    }
    this.offset = end < 0 ? text.length : end;
    lines.add(text.slice(start, this.offset));
    return lines.taken();
  }

  /** `---` or `...` at the start of a line. */
  isDocumentIndicator(): boolean {
    if (this.column !== 0) return false;
    const word = this.text.slice(this.offset, this.offset + 3);
    return (word === "---" || word === "...") && this.isBlankOrEnd(3);
  }
}

function isIndented(text: string, start: number, indent: number): boolean {
  if (text.length - start < indent) return false;
  for (let place = start; place < start + indent; place += 1) {
    if (text.charCodeAt(place) !== 0x20) return false;
  }
  return true;
}

function isBreakCode(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
}
