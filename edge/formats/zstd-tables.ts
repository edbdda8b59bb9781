/** The two entropy codes of Zstandard: FSE, by states, and Huffman, by prefixes. */
import { BackwardBits, bitsAt, damaged, floorLog2 } from "./zstd-bits.ts";

/** A symbol by state, and the next state: its base and how many bits are added to it. */
export interface StateTable {
  readonly accuracyBits: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** @param counts how many states each symbol has; -1 is one of the least likely ones */
export function stateTable(counts: readonly number[], accuracyBits: number): StateTable {
  const size = 1 << accuracyBits;
  const symbols = new Uint8Array(size);
  const next = counts.map((count) => Math.abs(count));
  let high = size;
  for (const [symbol, count] of counts.entries()) {
    if (count === -1) symbols[(high -= 1)] = symbol;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let index = 0; index < count; index += 1) {
      symbols[position] = symbol;
      do position = (position + step) & (size - 1);
      while (position >= high);
    }
  }
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (const [state, symbol] of symbols.entries()) {
    const number = next[symbol]!;
    next[symbol] = number + 1;
    bits[state] = accuracyBits - floorLog2(number);
    bases[state] = (number << bits[state]!) - size;
  }
  return { accuracyBits, symbols, bits, bases };
}

export function singleState(symbol: number): StateTable {
  const [symbols, bits, bases] = [Uint8Array.of(symbol), new Uint8Array(1), new Uint16Array(1)];
  return { accuracyBits: 0, symbols, bits, bases };
}

/** Reads a table; `end` is the offset behind it. */
export function readStateTable(
  bytes: Uint8Array,
  accuracyBitsMax: number,
  symbolMax: number,
): { readonly table: StateTable; readonly end: number } {
  let position = 0;
  const take = (count: number) => {
    position += count;
    return bitsAt(bytes, position - count, count);
  };
  const accuracyBits = take(4) + 5;
  if (accuracyBits > accuracyBitsMax) throw damaged("a table is larger than it may be");
  const counts: number[] = [];
  for (let left = 1 << accuracyBits; left > 0;) {
    if (counts.length > symbolMax) throw damaged("a table has too many symbols");
    const length = floorLog2(left + 1) + 1;
    const mask = (1 << (length - 1)) - 1;
    const shortEnd = (1 << length) - 2 - left;
    let value = take(length - 1);
    if (value >= shortEnd) {
      value |= take(1) << (length - 1);
      if (value > mask) value -= shortEnd;
    }
    const count = value - 1;
    left -= Math.abs(count);
    counts.push(count);
    for (let more = count === 0; more;) {
      const zeros = take(2);
      for (let index = 0; index < zeros; index += 1) counts.push(0);
      more = zeros === 3;
      if (counts.length > 256) throw damaged("a table has too many symbols");
    }
  }
  const end = (position + 7) >> 3;
  if (counts.length > symbolMax + 1 || end > bytes.length) throw damaged("a table is incomplete");
  return { table: stateTable(counts, accuracyBits), end };
}

/** A symbol by the next `bitsMax` bits, and how many of them are its own. */
export interface PrefixTable {
  readonly bitsMax: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

const prefixBitsMax = 11;
const symbolsMax = 255;

/** Reads a table; `end` is the offset behind it. */
export function readPrefixTable(bytes: Uint8Array): {
  readonly table: PrefixTable;
  readonly end: number;
} {
  const header = bytes[0] ?? 0;
  const count = header - 127;
  const end = 1 + (header < 128 ? header : (count + 1) >> 1);
  if (end > bytes.length) throw damaged("a table is incomplete");
  const body = bytes.subarray(1, end);
  const weights = header < 128 ? codedWeights(body) : plainWeights(body, count);
  return { table: prefixTable(weights), end };
}

function plainWeights(bytes: Uint8Array, count: number): number[] {
  return [...bytes].flatMap((byte) => [byte >> 4, byte & 15]).slice(0, count);
}

/** Two states take turns, until one of them has no bits to go on. */
function codedWeights(bytes: Uint8Array): number[] {
  const { table, end } = readStateTable(bytes, 6, prefixBitsMax + 1);
  const bits = new BackwardBits(bytes.subarray(end));
  let state = bits.read(table.accuracyBits);
  let other = bits.read(table.accuracyBits);
  const weights: number[] = [];
  while (bits.remaining >= 0) {
    weights.push(table.symbols[state]!);
    const next = table.bases[state]! + bits.read(table.bits[state]!);
    [state, other] = [other, next];
    // A state that needs no bits never ends.
    if (weights.length > symbolsMax) throw damaged("a table has too many symbols");
  }
  return [...weights, table.symbols[state]!];
}

/** The last symbol's weight is what makes the sum a power of two. */
function prefixTable(given: readonly number[]): PrefixTable {
  let sum = 0;
  for (const weight of given) sum += weight === 0 ? 0 : 2 ** (weight - 1);
  const bitsMax = sum === 0 ? 0 : floorLog2(Math.min(sum, 2 ** 30)) + 1;
  const left = 2 ** bitsMax - sum;
  const fits = bitsMax > 0 && bitsMax <= prefixBitsMax && (left & (left - 1)) === 0;
  if (!fits || given.length > symbolsMax) throw damaged("a table of prefixes does not add up");
  const weights = [...given, floorLog2(left) + 1];
  const symbols = new Uint8Array(1 << bitsMax);
  const bits = new Uint8Array(1 << bitsMax);
  let offset = 0;
  for (let weight = 1; weight <= bitsMax; weight += 1) {
    for (const [symbol, own] of weights.entries()) {
      if (own !== weight) continue;
      const end = offset + (1 << (weight - 1));
      symbols.fill(symbol, offset, end);
      bits.fill(bitsMax + 1 - weight, offset, end);
      offset = end;
    }
  }
  return { bitsMax, symbols, bits };
}

/** Decodes exactly what there is to exactly `length` symbols. */
export function readPrefixed(bytes: Uint8Array, table: PrefixTable, length: number): Uint8Array {
  const output = new Uint8Array(length);
  const bits = new BackwardBits(bytes);
  for (let index = 0; index < length; index += 1) {
    const entry = bits.peek(table.bitsMax);
    output[index] = table.symbols[entry]!;
    bits.remaining -= table.bits[entry]!;
    if (bits.remaining < 0) break;
  }
  if (bits.remaining !== 0) throw damaged("its literals have another length than they say");
  return output;
}
