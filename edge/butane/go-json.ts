/**
 * Finds what is wrong in malformed JSON, with the errors of Go's package encoding/json.
 */

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

class Scanner {
  readonly #text: string;
  #position = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(context = "looking for beginning of value"): void {
    const first = this.#next();
    if (first === "{") this.#collection("}", () => this.#member());
    else if (first === "[") this.#collection("]", () => this.value());
    else if (first === '"') this.#string();
    else if (/[-0-9]/.test(first)) this.#number();
    else if (first === "t") this.#literal("true");
    else if (first === "f") this.#literal("false");
    else if (first === "n") this.#literal("null");
    else this.#fail(context);
  }

  end(): void {
    this.#skipSpace();
    if (this.#position < this.#text.length) this.#fail("after top-level value");
  }

  #collection(close: "}" | "]", item: () => void): void {
    this.#depth += 1;
    if (this.#depth > depthMax) throw new MalformedJson("exceeded max depth");
    this.#position += 1;
    if (this.#next() !== close) {
      for (;;) {
        item();
        const next = this.#next();
        if (next === close) break;
        if (next !== ",") {
          this.#fail(close === "}" ? "after object key:value pair" : "after array element");
        }
        this.#position += 1;
      }
    }
    this.#position += 1;
    this.#depth -= 1;
  }

  #member(): void {
    if (this.#next() !== '"') this.#fail("looking for beginning of object key string");
    this.#string();
    if (this.#next() !== ":") this.#fail("after object key");
    this.#position += 1;
    this.value();
  }

  #string(): void {
    this.#position += 1;
    for (;;) {
      const character = this.#here();
      if (character === '"') break;
      if (character < " ") this.#fail("in string literal");
      this.#position += 1;
      if (character === "\\") this.#escape();
    }
    this.#position += 1;
  }

  #escape(): void {
    const character = this.#here();
    if (!/["\\/bfnrtu]/.test(character)) this.#fail("in string escape code");
    this.#position += 1;
    for (let digits = character === "u" ? 4 : 0; digits > 0; digits -= 1) {
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
    else this.#digits();
    if (this.#text[this.#position] === ".") {
      this.#position += 1;
      if (!/[0-9]/.test(this.#here())) this.#fail("after decimal point in numeric literal");
      this.#digits();
    }
    if (/[eE]/.test(this.#text[this.#position] ?? "")) {
      this.#position += 1;
      if (/[-+]/.test(this.#here())) this.#position += 1;
      if (!/[0-9]/.test(this.#here())) this.#fail("in exponent of numeric literal");
      this.#digits();
    }
  }

  #digits(): void {
    while (/[0-9]/.test(this.#text[this.#position] ?? "")) this.#position += 1;
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#here() !== expected) this.#fail(`in literal ${word} (expecting '${expected}')`);
      this.#position += 1;
    }
  }

  #next(): string {
    this.#skipSpace();
    return this.#here();
  }

  #here(): string {
    const character = this.#text[this.#position];
    if (character === undefined) throw new MalformedJson("unexpected end of JSON input");
    return character;
  }

  #skipSpace(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#position] ?? "")) this.#position += 1;
  }

  /** Go shows the byte as if it were a character. */
  #fail(context: string): never {
    const [byte = 0] = Buffer.from(
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
