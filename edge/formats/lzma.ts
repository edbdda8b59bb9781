/**
 * The LZMA decoder: a range decoder for a model of literals, matches and repeated matches (the LZMA
 * specification of the 7-Zip SDK, which is in the public domain). It decodes one chunk of LZMA2 at a
 * time. Not supported: the end marker of the older .lzma format.
 */
import { FormatError } from "./bytes.ts";

/** The output of the decoder, which is also the dictionary that its matches copy from. */
export class History {
  readonly #lengthMax: number;
  #buffer = new Uint8Array(65_536);
  length = 0;
  /** Where the dictionary was last reset; no match starts before it. */
  start = 0;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Makes room for `length` more bytes. */
  reserve(length: number): void {
    const needed = this.length + length;
    if (needed > this.#lengthMax) {
      throw new FormatError(`The xz data holds more than ${this.#lengthMax} bytes.`);
    }
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.length));
    this.#buffer = grown;
  }

  push(byte: number): void {
    this.#buffer[this.length] = byte;
    this.length += 1;
  }

  append(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The byte `distance` + 1 before the end; zero before the dictionary's start. */
  back(distance: number): number {
    return this.length - distance > this.start ? this.#buffer[this.length - distance - 1]! : 0;
  }

  /** Copies byte by byte, because a match may overlap its own output. */
  repeat(distance: number, length: number): void {
    const buffer = this.#buffer;
    const end = this.length + length;
    for (let to = this.length; to < end; to += 1) buffer[to] = buffer[to - distance - 1]!;
    this.length = end;
  }

  /** The output from `offset` on, not copied. */
  since(offset: number): Uint8Array {
    return this.#buffer.subarray(offset, this.length);
  }
}

const probabilityStart = 1_024;
const probabilityBits = 11;
const adaptShift = 5;
const rangeMin = 2 ** 24;

const lengthMin = 2;
const statesOfLiteral = 7;

/** The offset of each part of the model in the array of probabilities. */
const lengthModel = { choice: 0, choice2: 1, low: 2, middle: 2 + 16 * 8, high: 2 + 32 * 8 };
const lengthModelSize = lengthModel.high + 256;
const isMatch = 0;
const isRepeat = isMatch + 12 * 16;
const isRepeat0 = isRepeat + 12;
const isRepeat1 = isRepeat0 + 12;
const isRepeat2 = isRepeat1 + 12;
const isRepeat0Long = isRepeat2 + 12;
const distanceSlot = isRepeat0Long + 12 * 16;
const distanceSpecial = distanceSlot + 4 * 64;
const distanceAlign = distanceSpecial + 128;
const matchLength = distanceAlign + 16;
const repeatLength = matchLength + lengthModelSize;
const literal = repeatLength + lengthModelSize;
const literalModelSize = 0x300;

export class LzmaDecoder {
  readonly #history: History;
  readonly #dictionaryBytes: number;
  #literalContextBits = 0;
  #literalPositionMask = 0;
  #positionMask = 0;
  #probabilities = new Uint16Array();

  #state = 0;
  #distances: [number, number, number, number] = [0, 0, 0, 0];

  #input: Uint8Array = new Uint8Array();
  #offset = 0;
  #range = 0;
  #code = 0;

  constructor(history: History, dictionaryBytes: number) {
    this.#history = history;
    this.#dictionaryBytes = dictionaryBytes;
  }

  /** Sets the properties byte: (position bits × 5 + literal position bits) × 9 + context bits. */
  setProperties(properties: number): void {
    const contextBits = properties % 9;
    const literalPositionBits = Math.floor(properties / 9) % 5;
    if (properties >= 225 || contextBits + literalPositionBits > 4) {
      throw new FormatError(
        `The xz data is damaged: ${properties} is not a valid properties byte of LZMA.`,
      );
    }
    this.#literalContextBits = contextBits;
    this.#literalPositionMask = (1 << literalPositionBits) - 1;
    this.#positionMask = (1 << Math.floor(properties / 45)) - 1;
    const literals = literalModelSize << (contextBits + literalPositionBits);
    this.#probabilities = new Uint16Array(literal + literals);
  }

  resetState(): void {
    this.#state = 0;
    this.#distances = [0, 0, 0, 0];
    this.#probabilities.fill(probabilityStart);
  }

  /** Decodes `length` bytes from the whole input. The history must have room for them. */
  decode(input: Uint8Array, length: number): void {
    const history = this.#history;
    const end = history.length + length;
    this.#startRange(input);
    while (history.length < end) {
      const position = (history.length - history.start) & this.#positionMask;
      const index = this.#state * 16 + position;
      if (this.#bit(isMatch + index) === 0) {
        this.#literal();
        continue;
      }
      const matched = this.#match(position, index);
      const distance = this.#distances[0];
      if (distance >= history.length - history.start || distance >= this.#dictionaryBytes) {
        throw damaged("a match starts before its dictionary");
      }
      if (history.length + matched > end) throw damaged("a match is longer than its chunk");
      history.repeat(distance, matched);
    }
    this.#normalize();
    if (this.#offset !== input.length || this.#code !== 0) {
      throw damaged("a chunk does not end where its header says");
    }
  }

  #literal(): void {
    const history = this.#history;
    const position = (history.length - history.start) & this.#literalPositionMask;
    const context =
      (position << this.#literalContextBits) + (history.back(0) >> (8 - this.#literalContextBits));
    const base = literal + literalModelSize * context;
    let symbol = 1;
    if (this.#state >= statesOfLiteral) {
      // After a match, the byte that would have continued it predicts the next one.
      let expected = history.back(this.#distances[0]);
      while (symbol < 0x100) {
        const bit = (expected >> 7) & 1;
        expected <<= 1;
        const decoded = this.#bit(base + ((1 + bit) << 8) + symbol);
        symbol = (symbol << 1) | decoded;
        if (bit !== decoded) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(base + symbol);
    history.push(symbol & 0xff);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** Decodes a match: sets the distance and returns the length. */
  #match(position: number, index: number): number {
    const afterLiteral = this.#state < statesOfLiteral;
    const [distance0, distance1, distance2, distance3] = this.#distances;
    if (this.#bit(isRepeat + this.#state) === 0) {
      this.#state = afterLiteral ? 7 : 10;
      const length = this.#length(matchLength, position);
      this.#distances = [this.#distance(length), distance0, distance1, distance2];
      return length;
    }
    if (this.#bit(isRepeat0 + this.#state) === 0) {
      if (this.#bit(isRepeat0Long + index) === 0) {
        this.#state = afterLiteral ? 9 : 11;
        return 1;
      }
    } else if (this.#bit(isRepeat1 + this.#state) === 0) {
      this.#distances = [distance1, distance0, distance2, distance3];
    } else if (this.#bit(isRepeat2 + this.#state) === 0) {
      this.#distances = [distance2, distance0, distance1, distance3];
    } else {
      this.#distances = [distance3, distance0, distance1, distance2];
    }
    this.#state = afterLiteral ? 8 : 11;
    return this.#length(repeatLength, position);
  }

  #length(model: number, position: number): number {
    if (this.#bit(model + lengthModel.choice) === 0) {
      return lengthMin + this.#tree(model + lengthModel.low + position * 8, 3);
    }
    if (this.#bit(model + lengthModel.choice2) === 0) {
      return lengthMin + 8 + this.#tree(model + lengthModel.middle + position * 8, 3);
    }
    return lengthMin + 16 + this.#tree(model + lengthModel.high, 8);
  }

  #distance(length: number): number {
    const slots = distanceSlot + Math.min(length - lengthMin, 3) * 64;
    const slot = this.#tree(slots, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return high + this.#reverseTree(distanceSpecial + high - slot, bits);
    return high + this.#directBits(bits - 4) * 16 + this.#reverseTree(distanceAlign, 4);
  }

  #tree(base: number, bits: number): number {
    let symbol = 1;
    for (let bit = 0; bit < bits; bit += 1) symbol = (symbol << 1) | this.#bit(base + symbol);
    return symbol - (1 << bits);
  }

  #reverseTree(base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let bit = 0; bit < bits; bit += 1) {
      const decoded = this.#bit(base + symbol);
      symbol = (symbol << 1) | decoded;
      value |= decoded << bit;
    }
    return value;
  }

  #startRange(input: Uint8Array): void {
    if (input.length < 5 || input[0] !== 0) throw damaged("the start of a chunk is invalid");
    this.#input = input;
    this.#range = 0xffff_ffff;
    this.#code = Buffer.from(input.buffer, input.byteOffset).readUInt32BE(1);
    this.#offset = 5;
  }

  #bit(index: number): number {
    this.#normalize();
    const probability = this.#probabilities[index]!;
    const bound = (this.#range >>> probabilityBits) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      this.#probabilities[index] = probability + ((2_048 - probability) >> adaptShift);
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    this.#probabilities[index] = probability - (probability >> adaptShift);
    return 1;
  }

  #directBits(bits: number): number {
    let value = 0;
    for (let bit = 0; bit < bits; bit += 1) {
      this.#normalize();
      this.#range = Math.floor(this.#range / 2);
      const decoded = this.#code >= this.#range ? 1 : 0;
      if (decoded === 1) this.#code -= this.#range;
      value = value * 2 + decoded;
    }
    return value;
  }

  #normalize(): void {
    if (this.#range >= rangeMin) return;
    if (this.#offset >= this.#input.length) throw damaged("a chunk ends too early");
    this.#range *= 256;
    this.#code = this.#code * 256 + this.#input[this.#offset]!;
    this.#offset += 1;
  }
}

function damaged(how: string): FormatError {
  return new FormatError(`The xz data is damaged: ${how}.`);
}
