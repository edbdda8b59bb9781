/** Reads block, quoted and plain scalars from YAML text. */
import { type Mark, Pieces, tokenError, type YamlText } from "./yaml-text.ts";

const [tab, space, zero, nine] = [0x09, 0x20, 0x30, 0x39];
const [plus, minus, hash, colon] = [0x2b, 0x2d, 0x23, 0x3a];
const [quote, doubleQuote, backslash] = [0x27, 0x22, 0x5c];

/** Reads `|` and `>`; `parentIndent` is the column of the surrounding collection. */
export function readBlockScalar(source: YamlText, parentIndent: number): string {
  const start = source.mark();
  const isLiteral = source.text[source.offset] === "|";
  source.offset += 1;
  const { chomping, increment } = readBlockHeader(source, start);
  const given = increment > 0 ? Math.max(parentIndent, 0) + increment : undefined;
  const first = readBlankLines(source, start, given);
  const indent = given ?? Math.max(first.widest, parentIndent + 1, 1);
  const text = new Pieces();
  let leadingBreak = "";
  let trailingBreaks = first.breaks;
  let leadingBlank = false;
  while (source.column === indent && !source.isEnd()) {
    const trailingBlank = source.isBlank();
    if (!isLiteral && !leadingBlank && !trailingBlank && leadingBreak === "\n") {
      if (trailingBreaks === "") text.add(" ");
    } else text.add(leadingBreak);
    text.add(trailingBreaks);
    leadingBlank = trailingBlank;
    text.add(isLiteral ? source.takeLines(indent) : source.takeLine());
    leadingBreak = source.isEnd() ? "" : source.takeBreak();
    trailingBreaks = readBlankLines(source, start, indent).breaks;
  }
  if (chomping !== "-") text.add(leadingBreak);
  if (chomping === "+") text.add(trailingBreaks);
  return text.taken();
}

interface BlankLines {
  readonly breaks: string;
  /** The widest indentation of these lines and of the next line with text. */
  readonly widest: number;
}

/** Also skips the indentation of the next line, up to `indent`. */
function readBlankLines(source: YamlText, start: Mark, indent = Infinity): BlankLines {
  const breaks = new Pieces();
  let widest = 0;
  for (;;) {
    while (source.column < indent && source.code() === space) source.offset += 1;
    widest = Math.max(widest, source.column);
    if (source.column < indent && source.code() === tab) {
      const message = "found a tab character where an indentation space is expected";
      throw tokenError(start, source.mark(), message);
    }
    if (!source.isBreak()) return { breaks: breaks.taken(), widest };
    breaks.add(source.takeBreak());
  }
}

function readBlockHeader(source: YamlText, start: Mark): { chomping: string; increment: number } {
  let chomping = "";
  let increment = 0;
  for (let turn = 0; turn < 2; turn += 1) {
    const code = source.code();
    if ((code === plus || code === minus) && chomping === "") {
      chomping = String.fromCharCode(code);
    } else if (code >= zero && code <= nine && increment === 0) {
      increment = code - zero;
      if (increment === 0) {
        throw tokenError(start, source.mark(), "found an indentation indicator equal to 0");
      }
    } else break;
    source.offset += 1;
  }
  while (source.isBlank()) source.offset += 1;
  if (source.code() === hash) source.takeLine();
  if (!source.isEnd() && !source.isBreak()) {
    throw tokenError(start, source.mark(), "did not find expected comment or line break");
  }
  if (source.isBreak()) source.takeBreak();
  return { chomping, increment };
}

const blanks = /[ \t]*/y;

/**
 * Reads white space inside a scalar: one line break becomes a space, further ones stay. In a plain
 * scalar, which begins at `start`, the indentation of its collection must not contain a tab.
 */
class Folding {
  readonly #start: Mark;
  readonly #indent: number;
  #blanks = "";
  #leadingBreak = "";
  readonly #trailingBreaks = new Pieces();
  hasBreak = false;

  constructor(start: Mark, indent = -1) {
    this.#start = start;
    this.#indent = indent;
  }

  read(source: YamlText): void {
    for (;;) {
      if (source.isBlank()) {
        if (this.hasBreak && source.column <= this.#indent && source.code() === tab) {
          const message = "found a tab character that violates indentation";
          throw tokenError(this.#start, source.mark(), message);
        }
        if (this.hasBreak) source.offset += 1;
        else this.#blanks += source.takeMatch(blanks);
      } else if (source.isBreak()) {
        if (this.hasBreak) this.#trailingBreaks.add(source.takeBreak());
        else {
          this.#leadingBreak = source.takeBreak();
          this.hasBreak = true;
        }
      } else return;
    }
  }

  taken(): string {
    const { hasBreak } = this;
    const further = this.#trailingBreaks.taken();
    const breaks = this.#leadingBreak === "\n" ? further || " " : this.#leadingBreak + further;
    const text = hasBreak ? breaks : this.#blanks;
    this.#blanks = this.#leadingBreak = "";
    this.hasBreak = false;
    return text;
  }
}

/** Characters that are not special in a quoted scalar. */
const insideSingle = /[^' \t\n\r\u0085\u2028\u2029]*/y;
const insideDouble = /[^"\\ \t\n\r\u0085\u2028\u2029]*/y;

export function readQuotedScalar(source: YamlText): string {
  const start = source.mark();
  const isSingle = source.code() === quote;
  source.offset += 1;
  const folding = new Folding(start);
  const text = new Pieces();
  for (;;) {
    if (source.isDocumentIndicator()) {
      throw tokenError(start, source.mark(), "found unexpected document indicator");
    }
    if (source.isEnd()) throw tokenError(start, source.mark(), "found unexpected end of stream");
    let afterBreak = false;
    while (!source.isBlankOrEnd()) {
      const code = source.code();
      if (isSingle && code === quote) {
        if (source.code(1) !== quote) break;
        text.add("'");
        source.offset += 2;
      } else if (!isSingle && code === doubleQuote) break;
      else if (!isSingle && code === backslash && source.isBreak(1)) {
        source.offset += 1;
        source.takeBreak();
        afterBreak = true;
        break;
      } else if (!isSingle && code === backslash) text.add(readEscape(source, start));
      else text.add(source.takeMatch(isSingle ? insideSingle : insideDouble));
    }
    const code = source.code();
    if (!afterBreak && code === (isSingle ? quote : doubleQuote)) break;
    // After an escaped line break, blanks are dropped and further breaks stay.
    if (afterBreak) text.add(readAfterEscapedBreak(source));
    else {
      folding.read(source);
      text.add(folding.taken());
    }
  }
  source.offset += 1;
  return text.taken();
}

function readAfterEscapedBreak(source: YamlText): string {
  const breaks = new Pieces();
  while (source.isBlank() || source.isBreak()) {
    if (source.isBreak()) breaks.add(source.takeBreak());
    else source.offset += 1;
  }
  return breaks.taken();
}

const simpleEscapes: ReadonlyMap<string, string> = new Map(
  [
    ["0", "\0"],
    ["a", "\x07"],
    ["b", "\b"],
    ["t", "\t"],
    ["\t", "\t"],
    ["n", "\n"],
    ["v", "\v"],
    ["f", "\f"],
    ["r", "\r"],
    ["e", "\x1b"],
    ["N", "\u0085"],
    ["_", "\u00a0"],
    ["L", "\u2028"],
    ["P", "\u2029"],
    ...Array.from(" \"'\\/", (character) => [character, character]),
  ].map(([letter = "", character = ""]) => [letter, character] as const),
);
const digitsOfEscape: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function readEscape(source: YamlText, start: Mark): string {
  const letter = source.text[source.offset + 1] ?? "";
  const simple = simpleEscapes.get(letter);
  const digits = digitsOfEscape[letter];
  if (simple === undefined && digits === undefined) {
    throw tokenError(start, source.mark(), "found unknown escape character");
  }
  source.offset += 2;
  if (simple !== undefined || digits === undefined) return simple ?? "";
  const written = source.text.slice(source.offset, source.offset + digits);
  if (!/^[0-9a-fA-F]+$/.test(written) || written.length < digits) {
    throw tokenError(start, source.mark(), "did not find expected hexdecimal number");
  }
  const code = Number.parseInt(written, 16);
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10_ffff) {
    throw tokenError(start, source.mark(), "found invalid Unicode character escape code");
  }
  source.offset += digits;
  return String.fromCodePoint(code);
}

export interface PlainScalar {
  readonly text: string;
  /** It ended at the start of a line, where a new key may follow. */
  readonly endsLine: boolean;
}

/** `indent` is the column of the surrounding collection. */
export function readPlainScalar(source: YamlText, indent: number, inFlow: boolean): PlainScalar {
  const folding = new Folding(source.mark(), indent);
  const text = new Pieces();
  while (!source.isDocumentIndicator() && source.code() !== hash) {
    const first = source.offset;
    while (!source.isBlankOrEnd()) {
      const code = source.code();
      if ((code === colon && source.isBlankOrEnd(1)) || (inFlow && isFlowIndicator(code))) break;
      source.offset += 1;
    }
    if (source.offset > first) text.add(folding.taken() + source.text.slice(first, source.offset));
    if (!source.isBlank() && !source.isBreak()) break;
    folding.read(source);
    if (!inFlow && source.column <= indent) break;
  }
  return { text: text.taken(), endsLine: folding.hasBreak };
}

/** `,` `?` `[` `]` `{` `}` */
function isFlowIndicator(code: number): boolean {
  return (
    code === 0x2c ||
    code === 0x3f ||
    code === 0x5b ||
    code === 0x5d ||
    code === 0x7b ||
    code === 0x7d
  );
}
