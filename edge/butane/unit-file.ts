/**
 * Reads a systemd unit file as far as Ignition checks it: which sections have options, and what is
 * malformed, with the errors of Ignition.
 *
 * Ignition's reader has a buffer of 4 KiB, and refuses a line that is too long only if the buffer holds
 * enough of it. So this reader tracks how much that buffer holds.
 */
import { goQuoted } from "./go.ts";
import { bytesOfText } from "./raw-bytes.ts";

export interface UnitFile {
  /** The sections that have options. */
  readonly sections: ReadonlySet<string>;
}

const lineBytesMax = 2_048;
const bufferBytes = 4_096;

const newline = 0x0a;
const carriageReturn = 0x0d;
const equalsSign = 0x3d;
const backslash = 0x5c;
const space = 0x20;

/** The sections, or an error. */
export function parseUnitFile(contents: string): UnitFile | string {
  try {
    return { sections: new Reader(bytesOfText(contents)).read() };
  } catch (error) {
    if (error instanceof Malformed) return `invalid unit content: ${error.message}`;
    throw error;
  }
}

class Malformed extends Error {}

class Reader {
  readonly #bytes: Buffer;
  #position = 0;
  /** The end of what Ignition's reader would have in its buffer. */
  #buffered = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  read(): ReadonlySet<string> {
    const sections = new Set<string>();
    let section: string | undefined;
    for (;;) {
      this.#checkLine();
      const character = this.#readCharacter();
      if (character === undefined) return sections;
      if (character === "[") section = this.#readSection();
      else if (character === "#" || character === ";") this.#skipComment();
      else if (section !== undefined && !isSpace(character)) {
        this.#position -= Buffer.byteLength(character);
        this.#checkLine();
        this.#skipOptionName();
        this.#skipOptionValue();
        sections.add(section);
      }
    }
  }

  #readSection(): string {
    this.#checkLine();
    const end = this.#bytes.indexOf("]", this.#position);
    if (end < 0) throw new Malformed("unable to find end of section");
    const name = this.#bytes.toString("utf8", this.#position, end);
    this.#advance(end + 1);
    this.#checkLine();
    const garbage = this.#readLine().trim();
    if (garbage !== "") {
      throw new Malformed(`found garbage after section name : ${goQuoted(garbage)}`);
    }
    return name;
  }

  #skipComment(): void {
    this.#checkLine();
    for (;;) {
      const start = this.#position;
      const end = this.#skipLine();
      const last = end > start && this.#bytes[end - 1] === space ? end - 1 : end;
      if (last === start || this.#bytes[last - 1] !== backslash) return;
    }
  }

  #skipOptionName(): void {
    let index = this.#position;
    for (; this.#bytes[index] !== equalsSign; index += 1) {
      const byte = this.#bytes[index];
      if (byte === undefined) throw new Malformed("EOF");
      if (byte === newline || byte === carriageReturn) {
        throw new Malformed("unexpected newline encountered while parsing option name");
      }
    }
    // One character at a time: the buffer is filled again only once it is empty.
    while (this.#buffered <= index) this.#buffered = this.#filledFrom(this.#buffered);
    this.#position = index + 1;
  }

  #skipOptionValue(): void {
    for (;;) {
      this.#checkLine();
      const start = this.#position;
      const end = this.#skipLine();
      if (end === start || this.#bytes[end - 1] !== backslash) return;
    }
  }

  #readLine(): string {
    const start = this.#position;
    return this.#bytes.toString("utf8", start, this.#skipLine());
  }

  /** Returns the end of the line, without its line break. */
  #skipLine(): number {
    const found = this.#bytes.indexOf(newline, this.#position);
    const end = found < 0 ? this.#bytes.length : found;
    this.#advance(found < 0 ? end : found + 1);
    return end;
  }

  /** Moves to a position that a search found, and fills the buffer from the start of the search. */
  #advance(target: number): void {
    let start = this.#position;
    while (this.#buffered < target) {
      this.#buffered = this.#filledFrom(start);
      if (this.#buffered < target) start = this.#buffered;
    }
    this.#position = target;
  }

  #filledFrom(start: number): number {
    return Math.min(this.#bytes.length, start + bufferBytes);
  }

  #readCharacter(): string | undefined {
    if (this.#position >= this.#bytes.length) return undefined;
    if (this.#position >= this.#buffered) this.#buffered = this.#filledFrom(this.#position);
    const first = this.#bytes[this.#position] ?? 0;
    if (first < 0x80) {
      this.#position += 1;
      return String.fromCharCode(first);
    }
    const decoded = this.#bytes.toString("utf8", this.#position, this.#position + 4);
    const character = String.fromCodePoint(decoded.codePointAt(0) ?? 0);
    this.#position += Buffer.byteLength(character);
    return character;
  }

  #checkLine(): void {
    if (this.#buffered - this.#position < lineBytesMax) return;
    const ahead = this.#bytes.subarray(this.#position, this.#position + lineBytesMax);
    if (!ahead.includes(newline) && !ahead.includes(carriageReturn)) {
      throw new Malformed(`line too long (max ${lineBytesMax} bytes)`);
    }
  }
}

function isSpace(character: string): boolean {
  return character !== "\ufeff" && /[\s\u0085]/u.test(character);
}
