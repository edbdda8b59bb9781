/**
 * Parses JSON (RFC 8259) with the position of every value. Errors and positions are those of
 * serde_json 1.0, with which coreos-installer reads JSON: columns count the bytes of the line that were
 * read. Only `flotilla iso` needs this parser; everything else uses JSON.parse.
 *
 * Not supported: the value of numbers, which stay text.
 */
import { FormatError } from "../../../edge/formats/bytes.ts";

interface Place {
  /** Bytes from the start of the text; `end` is after the value. */
  readonly start: number;
  readonly end: number;
}

export type JsonValue = Place &
  (
    | { readonly kind: "null" }
    | { readonly kind: "boolean"; readonly value: boolean }
    | { readonly kind: "number"; readonly text: string }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "array"; readonly items: readonly JsonValue[] }
    | { readonly kind: "object"; readonly fields: readonly JsonField[] }
  );

/** In the order of the text. A key may appear twice. */
export interface JsonField {
  readonly key: string;
  readonly value: JsonValue;
  /** After the key. */
  readonly keyEnd: number;
}

/** The depth at which serde_json stops. */
const depthMax = 128;

/** Parses one value, with only white space around it. */
export function parseJson(bytes: Uint8Array): JsonValue {
  const reader = new Reader(bytes);
  const value = reader.value(1);
  if (!reader.atEnd()) throw reader.unexpected("trailing characters");
  return value;
}

/** `what at line 1 column 2`, the form of all errors of serde_json. */
export function jsonError(bytes: Uint8Array, what: string, offset: number): FormatError {
  let line = 1;
  let lineStart = 0;
  for (let index = 0; index < offset; index += 1) {
    if (bytes[index] !== 0x0a) continue;
    line += 1;
    lineStart = index + 1;
  }
  const text = `${what} at line ${line} column ${offset - lineStart}`;
  return new FormatError(`It is not valid: ${text}.`, { reference: [text] });
}

const code = (character: string) => character.charCodeAt(0);
const quote = code('"');
const backslash = code("\\");

class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  value(depth: number): JsonValue {
    const next = this.#peek();
    const start = this.#offset;
    if (next === undefined) throw this.unexpected("EOF while parsing a value");
    const character = String.fromCharCode(next);
    if (character === "{") return this.#object(start, depth);
    if (character === "[") return this.#array(start, depth);
    if (character === '"') return this.#placed(start, { kind: "string", value: this.#string() });
    if (character === "-" || isDigit(next)) {
      return this.#placed(start, { kind: "number", text: this.#number() });
    }
    const word = ["null", "true", "false"].find((each) => each.startsWith(character));
    if (word === undefined) throw this.unexpected("expected value");
    this.#word(word);
    if (word === "null") return this.#placed(start, { kind: "null" });
    return this.#placed(start, { kind: "boolean", value: word === "true" });
  }

  atEnd(): boolean {
    return this.#peek() === undefined;
  }

  /** An unexpected byte. The position includes it. */
  unexpected(what: string): FormatError {
    return this.#error(what, Math.min(this.#offset + 1, this.#bytes.length));
  }

  #error(what: string, offset = this.#offset): FormatError {
    return jsonError(this.#bytes, what, offset);
  }

  #placed<Rest extends object>(start: number, rest: Rest): Rest & Place {
    return { ...rest, start, end: this.#offset };
  }

  /** The next byte that is not white space, without reading it. */
  #peek(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#offset];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.#offset += 1;
    }
  }

  #word(word: string): void {
    for (const character of word) {
      const byte = this.#bytes[this.#offset];
      if (byte === undefined) throw this.#error("EOF while parsing a value");
      this.#offset += 1;
      if (byte !== code(character)) throw this.#error("expected ident");
    }
  }

  #array(start: number, depth: number): JsonValue {
    this.#open(depth);
    const items: JsonValue[] = [];
    for (;;) {
      if (this.#closes("]", "list", items.length)) break;
      items.push(this.value(depth + 1));
    }
    return this.#placed(start, { kind: "array", items });
  }

  #object(start: number, depth: number): JsonValue {
    this.#open(depth);
    const fields: JsonField[] = [];
    for (;;) {
      if (this.#closes("}", "object", fields.length)) break;
      if (this.#peek() !== quote) throw this.unexpected("key must be a string");
      const key = this.#string();
      const keyEnd = this.#offset;
      const colon = this.#peek();
      if (colon === undefined) throw this.unexpected("EOF while parsing an object");
      if (colon !== code(":")) throw this.unexpected("expected `:`");
      this.#offset += 1;
      fields.push({ key, value: this.value(depth + 1), keyEnd });
    }
    return this.#placed(start, { kind: "object", fields });
  }

  #open(depth: number): void {
    this.#offset += 1;
    if (depth >= depthMax) throw this.unexpected("recursion limit exceeded");
  }

  /** Reads the comma before the next element, or the end of the collection. */
  #closes(end: string, noun: string, count: number): boolean {
    let next = this.#peek();
    const early = `EOF while parsing ${noun === "list" ? "a list" : "an object"}`;
    if (next === undefined) throw this.unexpected(early);
    if (next === code(end)) {
      this.#offset += 1;
      return true;
    }
    if (count === 0) return false;
    if (next !== code(",")) throw this.unexpected(`expected \`,\` or \`${end}\``);
    this.#offset += 1;
    next = this.#peek();
    if (next === undefined) {
      throw this.unexpected(noun === "list" ? "EOF while parsing a value" : early);
    }
    if (next === code(end)) {
      throw this.unexpected(noun === "list" ? "expected value" : "trailing comma");
    }
    return false;
  }

  #number(): string {
    const start = this.#offset;
    const digits = () => {
      const first = this.#offset;
      while (isDigit(this.#bytes[this.#offset])) this.#offset += 1;
      if (this.#offset > first) return;
      const isEnd = this.#offset === this.#bytes.length;
      throw this.unexpected(isEnd ? "EOF while parsing a value" : "invalid number");
    };
    const has = (...characters: readonly string[]) => {
      const byte = this.#bytes[this.#offset];
      const found = characters.some((character) => code(character) === byte);
      if (found) this.#offset += 1;
      return found;
    };
    has("-");
    if (!has("0")) digits();
    else if (isDigit(this.#bytes[this.#offset])) throw this.unexpected("invalid number");
    if (has(".")) digits();
    if (has("e", "E")) {
      has("+", "-");
      digits();
    }
    return Buffer.from(this.#bytes.subarray(start, this.#offset)).toString("latin1");
  }

  #string(): string {
    this.#offset += 1;
    const start = this.#offset;
    for (;;) {
      const byte = this.#bytes[this.#offset];
      if (byte === undefined) throw this.#error("EOF while parsing a string");
      this.#offset += 1;
      if (byte === quote) break;
      if (byte === backslash) this.#escape();
      else if (byte < 0x20) {
        throw this.#error("control character (\\u0000-\\u001F) found while parsing a string");
      }
    }
    const text = this.#bytes.subarray(start, this.#offset - 1);
    try {
      const decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text);
      return JSON.parse(`"${decoded}"`) as string;
    } catch {
      throw this.#error("invalid unicode code point");
    }
  }

  #escape(): void {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw this.#error("EOF while parsing a string");
    this.#offset += 1;
    if (byte !== code("u")) {
      if ([...'"\\/bfnrt'].some((character) => code(character) === byte)) return;
      throw this.#error("invalid escape");
    }
    const unit = this.#hexadecimal();
    if (unit >= 0xdc00 && unit < 0xe000) {
      throw this.#error("lone leading surrogate in hex escape");
    }
    if (unit < 0xd800 || unit >= 0xdc00) return;
    const hasPair =
      this.#bytes[this.#offset] === backslash && this.#bytes[this.#offset + 1] === code("u");
    if (!hasPair) throw this.#error("unexpected end of hex escape");
    this.#offset += 2;
    const second = this.#hexadecimal();
    if (second < 0xdc00 || second >= 0xe000) {
      throw this.#error("lone leading surrogate in hex escape");
    }
  }

  #hexadecimal(): number {
    const digits = this.#bytes.subarray(this.#offset, this.#offset + 4);
    const text = Buffer.from(digits).toString("latin1");
    this.#offset += digits.length;
    if (digits.length < 4) throw this.#error("EOF while parsing a string");
    if (!/^[0-9A-Fa-f]{4}$/.test(text)) throw this.#error("invalid escape");
    return Number.parseInt(text, 16);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= code("0") && byte <= code("9");
}
