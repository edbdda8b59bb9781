/**
 * Writes the blocks of a deflate stream (RFC 1951 3.2.3 to 3.2.7), each in the shortest of the three
 * forms. If two are equally short, the order is that of Go: fixed, dynamic, stored.
 */
import { codeLengthBits, codeOfLengths, emptyCode, fitCode } from "./huffman.ts";
import type { PrefixCode } from "./huffman.ts";

/**
 * A literal byte, or a match: `length` (3 to 258) bytes that are repeated from `distance` (1 to
 * 32,768) bytes before, as `distance << tokenLengthBits | length`.
 */
export type Token = number;
export const tokenLengthBits = 9;
const tokenLengthMask = (1 << tokenLengthBits) - 1;
const codeLengthMask = (1 << codeLengthBits) - 1;

const endOfBlock = 256;
const firstLengthSymbol = 257;
const literalSymbols = 286;
const distanceSymbols = 30;
const runSymbols = 19;

/** The order in which the code lengths of the code length code are written (RFC 1951 3.2.7). */
const runOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
const runExtraBits = [2, 3, 7] as const;
const repeatLast = 16;
const zerosFew = 17;
const zerosMany = 18;

/** The first value of each symbol of lengths or distances, and how many extra bits it has. */
interface Range {
  readonly base: number;
  readonly extraBits: number;
}

/** The tables of RFC 1951 3.2.5: groups of `size` symbols, each group has one more extra bit. */
function ranges(first: number, size: number, count: number): Range[] {
  const result: Range[] = [];
  let base = first;
  for (let symbol = 0; symbol < count; symbol += 1) {
    const extraBits = Math.max(0, Math.floor(symbol / size) - 1);
    result.push({ base, extraBits });
    base += 1 << extraBits;
  }
  return result;
}

/** The longest match has its own symbol, although the extra bits of the one before could say it. */
const lengthRanges = [...ranges(3, 4, 28), { base: 258, extraBits: 0 }];
const distanceRanges = ranges(1, 2, distanceSymbols);

/** The symbol of each length and of each distance. */
const symbolOfLength = new Uint8Array(259);
const symbolOfDistance = new Uint8Array(32_769);
for (const [symbol, { base, extraBits }] of lengthRanges.entries()) {
  symbolOfLength.fill(symbol, base, base + (1 << extraBits));
}
for (const [symbol, { base, extraBits }] of distanceRanges.entries()) {
  symbolOfDistance.fill(symbol, base, base + (1 << extraBits));
}
const lengthBases = Uint16Array.from(lengthRanges, ({ base }) => base);
const lengthExtraBits = Uint8Array.from(lengthRanges, ({ extraBits }) => extraBits);
const distanceBases = Uint16Array.from(distanceRanges, ({ base }) => base);
const distanceExtraBits = Uint8Array.from(distanceRanges, ({ extraBits }) => extraBits);

const fixedLiteralCode = codeOfLengths(
  Array.from({ length: 288 }, (_, symbol) => {
    if (symbol < 144) return 8;
    if (symbol < 256) return 9;
    return symbol < 280 ? 7 : 8;
  }),
);
const fixedDistanceCode = codeOfLengths(Array.from({ length: distanceSymbols }, () => 5));

/** Reused by every block: its frequencies, its codes, and the runs that encode their lengths. */
const literalFrequencies = new Int32Array(literalSymbols);
const distanceFrequencies = new Int32Array(distanceSymbols);
const runFrequencies = new Int32Array(runSymbols);
const literalCode = emptyCode(literalSymbols);
const distanceCode = emptyCode(distanceSymbols);
const runCode = emptyCode(runSymbols);
const codeLengths = new Uint8Array(literalSymbols + distanceSymbols);
/** Run symbols, each followed by its extra bits if it has any. */
const runs = new Uint8Array(literalSymbols + distanceSymbols);
let runsLength = 0;

/**
 * Writes bits, from the lowest bit of each byte up. `bytes` must have room for all of them, and for
 * three more bytes.
 */
export class BitWriter {
  readonly bytes: Uint8Array;
  length = 0;
  /** Between two calls, fewer than 8 bits are pending. */
  private waiting = 0;
  private waitingBits = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** At most 20 bits at once. */
  write(value: number, bits: number): void {
    const waiting = this.waiting | (value << this.waitingBits);
    const waitingBits = this.waitingBits + bits;
    // Only the whole bytes count; the rest is overwritten later. That is faster than a condition.
    this.bytes[this.length] = waiting;
    this.bytes[this.length + 1] = waiting >> 8;
    this.bytes[this.length + 2] = waiting >> 16;
    this.length += waitingBits >> 3;
    this.waiting = waiting >> (waitingBits & 24);
    this.waitingBits = waitingBits & 7;
  }

  /** Writes one word of a code: its bits, with their number in the lowest bits. */
  writeWord(word: number): void {
    this.write(word >> codeLengthBits, word & codeLengthMask);
  }

  /** Writes zeros up to the next whole byte. */
  align(): void {
    if (this.waitingBits > 0) this.write(0, 8 - this.waitingBits);
  }

  /** Writes whole bytes, after `align`. */
  append(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
}

/**
 * Writes `count` tokens, at most 16,384, as a block that is not the last. `contents` are the bytes
 * that they encode. A stored block holds at most 65,535 of them. That needs no check: a block with
 * more has at least four bytes a token, so it is always shorter in the fixed code.
 */
export function writeBlock(
  writer: BitWriter,
  tokens: Int32Array,
  count: number,
  contents: Uint8Array,
): void {
  const extraBits = countSymbols(tokens, count);
  fitCode(literalCode, literalFrequencies, 15);
  fitCode(distanceCode, distanceFrequencies, 15);
  const literals = usedSymbols(literalFrequencies);
  const distances = usedSymbols(distanceFrequencies);
  measureRuns(literals, distances);
  fitCode(runCode, runFrequencies, 7);
  let runLengths = runSymbols;
  while (runLengths > 4 && runFrequencies[runOrder[runLengths - 1]!] === 0) runLengths -= 1;

  const commonBits = 3 + extraBits;
  const fixedBits = commonBits + tokenBits(fixedLiteralCode, fixedDistanceCode);
  const headerBits = 14 + 3 * runLengths + runBits();
  const dynamicBits = commonBits + headerBits + tokenBits(literalCode, distanceCode);
  const storedBits = (contents.length + 5) * 8;
  if (storedBits < Math.min(fixedBits, dynamicBits)) {
    writeStored(writer, contents, false);
  } else if (dynamicBits < fixedBits) {
    writer.write(4, 3);
    writer.write(literals - firstLengthSymbol, 5);
    writer.write(distances - 1, 5);
    writer.write(runLengths - 4, 4);
    writeRuns(writer, runLengths);
    writeTokens(writer, tokens, count, literalCode, distanceCode);
  } else {
    writer.write(2, 3);
    writeTokens(writer, tokens, count, fixedLiteralCode, fixedDistanceCode);
  }
}

/** Writes the bytes as they are, at most 65,535. */
export function writeStored(writer: BitWriter, contents: Uint8Array, isLast: boolean): void {
  writer.write(isLast ? 1 : 0, 3);
  writer.align();
  writer.write(contents.length, 16);
  writer.write(contents.length ^ 0xffff, 16);
  writer.append(contents);
}

/** Counts the block's symbols, and returns how many extra bits they have. */
function countSymbols(tokens: Int32Array, count: number): number {
  literalFrequencies.fill(0);
  distanceFrequencies.fill(0);
  let extraBits = 0;
  for (let index = 0; index < count; index += 1) {
    const token = tokens[index]!;
    const distance = token >> tokenLengthBits;
    if (distance === 0) {
      literalFrequencies[token]! += 1;
      continue;
    }
    const length = symbolOfLength[token & tokenLengthMask]!;
    const far = symbolOfDistance[distance]!;
    literalFrequencies[firstLengthSymbol + length]! += 1;
    distanceFrequencies[far]! += 1;
    extraBits += lengthExtraBits[length]! + distanceExtraBits[far]!;
  }
  literalFrequencies[endOfBlock] = 1;
  // The code of distances must not be empty.
  if (usedSymbols(distanceFrequencies) === 0) distanceFrequencies[0] = 1;
  return extraBits;
}

/** How many symbols are written: none after the last one that is used. */
function usedSymbols(frequencies: Int32Array): number {
  let count = frequencies.length;
  while (count > 0 && frequencies[count - 1] === 0) count -= 1;
  return count;
}

/** Without the extra bits, which are the same in every code. */
function tokenBits(literal: PrefixCode, distance: PrefixCode): number {
  return codedBits(literal, literalFrequencies) + codedBits(distance, distanceFrequencies);
}

function codedBits(code: PrefixCode, frequencies: Int32Array): number {
  let bits = 0;
  for (let symbol = 0; symbol < frequencies.length; symbol += 1) {
    bits += frequencies[symbol]! * code.lengths[symbol]!;
  }
  return bits;
}

function runBits(): number {
  let bits = codedBits(runCode, runFrequencies);
  for (const [index, extra] of runExtraBits.entries()) {
    bits += runFrequencies[repeatLast + index]! * extra;
  }
  return bits;
}

/** Encodes the lengths of both codes, one after the other, in `runs`. */
function measureRuns(literals: number, distances: number): void {
  codeLengths.set(literalCode.lengths);
  codeLengths.set(distanceCode.lengths, literals);
  const total = literals + distances;
  runFrequencies.fill(0);
  runsLength = 0;
  for (let start = 0; start < total;) {
    const length = codeLengths[start]!;
    let count = 1;
    while (start + count < total && codeLengths[start + count] === length) count += 1;
    start += count;
    if (length === 0) {
      for (; count >= 11; count -= Math.min(count, 138)) {
        addRun(zerosMany, Math.min(count, 138) - 11);
      }
      if (count >= 3) {
        addRun(zerosFew, count - 3);
        count = 0;
      }
    } else {
      addLength(length);
      count -= 1;
      for (; count >= 3; count -= Math.min(count, 6)) addRun(repeatLast, Math.min(count, 6) - 3);
    }
    for (; count > 0; count -= 1) addLength(length);
  }
}

function addLength(symbol: number): void {
  runs[runsLength] = symbol;
  runFrequencies[symbol]! += 1;
  runsLength += 1;
}

function addRun(symbol: number, extra: number): void {
  addLength(symbol);
  runs[runsLength] = extra;
  runsLength += 1;
}

function writeRuns(writer: BitWriter, runLengths: number): void {
  for (let index = 0; index < runLengths; index += 1) {
    writer.write(runCode.lengths[runOrder[index]!]!, 3);
  }
  for (let index = 0; index < runsLength; index += 1) {
    const symbol = runs[index]!;
    writer.writeWord(runCode.words[symbol]!);
    if (symbol < repeatLast) continue;
    index += 1;
    writer.write(runs[index]!, runExtraBits[symbol - repeatLast]!);
  }
}

function writeTokens(
  writer: BitWriter,
  tokens: Int32Array,
  count: number,
  literal: PrefixCode,
  distance: PrefixCode,
): void {
  fillLengthWords(literal);
  for (let index = 0; index < count; index += 1) {
    const token = tokens[index]!;
    const back = token >> tokenLengthBits;
    if (back === 0) {
      writer.writeWord(literal.words[token]!);
      continue;
    }
    writer.writeWord(lengthWords[token & tokenLengthMask]!);
    const far = symbolOfDistance[back]!;
    writer.writeWord(distance.words[far]!);
    writer.write(back - distanceBases[far]!, distanceExtraBits[far]!);
  }
  writer.writeWord(literal.words[endOfBlock]!);
}

/** The symbol and extra bits of each length in the current block. */
const lengthWords = new Int32Array(symbolOfLength.length);

function fillLengthWords({ words }: PrefixCode): void {
  for (let symbol = 0; symbol < lengthRanges.length; symbol += 1) {
    const word = words[firstLengthSymbol + symbol]!;
    const bits = word & codeLengthMask;
    const base = lengthBases[symbol]!;
    const extraBits = lengthExtraBits[symbol]!;
    for (let extra = 0; extra < 1 << extraBits; extra += 1) {
      lengthWords[base + extra] = (word + extraBits) | (extra << (bits + codeLengthBits));
    }
  }
}
