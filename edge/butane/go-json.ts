/**
 * Finds what is wrong in malformed JSON, with the errors of Go's package encoding/json.
 */
import { valuesMax } from "./node.ts";
import { bytesOfText } from "./raw-bytes.ts";

/** Undefined if the text is valid JSON. */
export function mistakeInJson(text: string): string | undefined {
  try {
    const scanner = new Scanner(text);
    scanner.value();
    scanner.end();
    return undefined;
  } catch (error) {
    if (error instanceof MalformedJson) return error.message;
    throw error;
  }
}

class MalformedJson extends Error {}

const depthMax = 10_000;

const space = /[ \t\r\n]*/y;
const ordinary = /[^"\\\x00-\x1f]*/y;
const digits = /[0-9]*/y;

class Scanner {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Keeps the open collections in a list instead of recursing: there may be 10,000 levels. */
  value(): void {
    const open: ("}" | "]")[] = [];
    for (let values = 1; ; values += 1) {
      if (values > valuesMax) throw new MalformedJson(`more than ${valuesMax} values`);
      const first = this.#next();
      if (first === "{" || first === "[") {
        const close = first === "{" ? "}" : "]";
        if (open.push(close) > depthMax) throw new MalformedJson("exceeded max depth");
        this.#position += 1;
        if (this.#next() !== close) {
          if (close === "}") this.#name();
          continue;
        }
      } else this.#scalar(first);
      if (!this.#hasMore(open)) return;
    }
  }

  /** Closes the collections that end here, and returns whether a value follows. */
  #hasMore(open: ("}" | "]")[]): boolean {
    for (let close = open.at(-1); close !== undefined; close = open.at(-1)) {
      const next = this.#next();
      if (next !== close && next !== ",") {
        this.#fail(close === "}" ? "after object key:value pair" : "after array element");
      }
      this.#position += 1;
      if (next === close) open.pop();
      else {
        if (close === "}") this.#name();
        return true;
      }
    }
    return false;
  }

  end(): void {
    this.#skip(space);
    if (this.#position < this.#text.length) this.#fail("after top-level value");
  }

  #scalar(first: string): void {
    if (first === '"') this.#string();
    else if (/[-0-9]/.test(first)) this.#number();
    else if (first === "t") this.#literal("true");
    else if (first === "f") this.#literal("false");
    else if (first === "n") this.#literal("null");
    else this.#fail("looking for beginning of value");
  }

  /** The name of a member, and its colon. */
  #name(): void {
    if (this.#next() !== '"') this.#fail("looking for beginning of object key string");
    this.#string();
    if (this.#next() !== ":") this.#fail("after object key");
    this.#position += 1;
  }

  #string(): void {
    this.#position += 1;
    for (;;) {
      this.#skip(ordinary);
      const character = this.#here();
      if (character === '"') break;
      if (character < " ") this.#fail("in string literal");
      this.#position += 1;
      this.#escape();
    }
    this.#position += 1;
  }

  #escape(): void {
    const character = this.#here();
    if (!/["\\/bfnrtu]/.test(character)) this.#fail("in string escape code");
    this.#position += 1;
    for (let left = character === "u" ? 4 : 0; left > 0; left -= 1) {
      if (!/[0-9a-fA-F]/.test(this.#here())) this.#fail("in \\u hexadecimal character escape");
      this.#position += 1;
    }
  }

  #number(): void {
    if (this.#text[this.#position] === "-") {
      this.#position += 1;
      if (!/[0-9]/.test(this.#here())) this.#fail("in numeric literal");
    }
    if (this.#text[this.#position] === "0") this.#position += 1;
    else this.#skip(digits);
    if (this.#text[this.#position] === ".") {
      this.#position += 1;
      if (!/[0-9]/.test(this.#here())) this.#fail("after decimal point in numeric literal");
      this.#skip(digits);
    }
    if (/[eE]/.test(this.#text[this.#position] ?? "")) {
      this.#position += 1;
      if (/[-+]/.test(this.#here())) this.#position += 1;
      if (!/[0-9]/.test(this.#here())) this.#fail("in exponent of numeric literal");
      this.#skip(digits);
    }
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#here() !== expected) this.#fail(`in literal ${word} (expecting '${expected}')`);
      this.#position += 1;
    }
  }

  #next(): string {
    this.#skip(space);
    return this.#here();
  }

  #here(): string {
    const character = this.#text[this.#position];
    if (character === undefined) throw new MalformedJson("unexpected end of JSON input");
    return character;
  }

  /** Skips what a sticky pattern finds here. */
  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#position;
    pattern.test(this.#text);
    this.#position = pattern.lastIndex;
  }

  /** Go shows the byte as if it were a character. */
  #fail(context: string): never {
    const [byte = 0] = bytesOfText(
      String.fromCodePoint(this.#text.codePointAt(this.#position) ?? 0),
    );
    throw new MalformedJson(`invalid character ${shownByte(byte)} ${context}`);
  }
}

const escapes: ReadonlyMap<number, string> = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0b, "\\v"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x27, "\\'"],
  [0x5c, "\\\\"],
]);

function shownByte(byte: number): string {
  const hidden = byte < 0x20 || (byte >= 0x7f && byte <= 0xa0) || byte === 0xad;
  const plain = hidden ? `\\x${byte.toString(16).padStart(2, "0")}` : String.fromCharCode(byte);
  const wide = hidden && byte >= 0x80 ? `\\u${byte.toString(16).padStart(4, "0")}` : plain;
  return `'${escapes.get(byte) ?? wide}'`;
}
