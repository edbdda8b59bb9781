/** A compressed block of Zstandard: literals, and sequences that say where they go. */
import type { History } from "./lzma.ts";
import { BackwardBits, damaged, Reader } from "./zstd-bits.ts";
import { readPrefixed, readPrefixTable, readStateTable } from "./zstd-tables.ts";
import { singleState, stateTable, type PrefixTable, type StateTable } from "./zstd-tables.ts";

/** One of the three codes of a sequence. */
interface Code {
  readonly accuracyBitsMax: number;
  readonly symbolMax: number;
  readonly usual: StateTable;
}

const repeated = (value: number, times: number) =>
  Array.from<number>({ length: times }).fill(value);

/** RFC 8878 3.1.1.3.2.2: the tables that are not written. */
const usualLiterals = [4, 3, ...repeated(2, 11), 1, 1, 1, ...repeated(2, 9), 3, 2].concat(
  repeated(1, 5),
  repeated(-1, 4),
);
const usualMatches = [1, 4, 3, ...repeated(2, 6), ...repeated(1, 37), ...repeated(-1, 7)];
const usualOffsets = [...repeated(1, 6), 2, 2, 2, ...repeated(1, 15), ...repeated(-1, 5)];

const codes: readonly Code[] = [
  { accuracyBitsMax: 9, symbolMax: 35, usual: stateTable(usualLiterals, 6) },
  // 25 bits reach back as far as any content here is long.
  { accuracyBitsMax: 8, symbolMax: 31, usual: stateTable(usualOffsets, 5) },
  { accuracyBitsMax: 9, symbolMax: 52, usual: stateTable(usualMatches, 6) },
];
const offsetBitsMax = 25;

/** By symbol: how many bits are added to the length that it stands for. */
const literalBits = [...repeated(0, 16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12].concat([
  13, 14, 15, 16,
]);
const matchBits = [...repeated(0, 32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12].concat(
  [13, 14, 15, 16],
);
const literalBases = basesOf(literalBits, 0);
const matchBases = basesOf(matchBits, 3);

/** Each symbol's lengths begin where those of the one before it end. */
function basesOf(bits: readonly number[], first: number): readonly number[] {
  let base = first;
  return bits.map((count) => (base += 2 ** count) - 2 ** count);
}

/** The blocks of one frame: tables and distances go on from one to the next. */
export class BlockDecoder {
  readonly #history: History;
  readonly #sizeMax: number;
  #prefixes: PrefixTable | undefined;
  #tables: (StateTable | undefined)[] = [];
  readonly #distances: [number, number, number] = [1, 4, 8];

  /** @param sizeMax in bytes, of a block's content */
  constructor(history: History, sizeMax: number) {
    this.#history = history;
    this.#sizeMax = sizeMax;
  }

  decode(bytes: Uint8Array): void {
    const reader = new Reader(bytes);
    const literals = this.#readLiterals(reader);
    const count = readCount(reader);
    const start = this.#history.length;
    const used = count === 0 ? 0 : this.#readSequences(reader, count, literals);
    if (count === 0 && reader.rest().length > 0) throw damaged("a block has data behind its end");
    this.#append(literals.subarray(used));
    if (this.#history.length - start > this.#sizeMax) throw tooLarge();
  }

  #append(bytes: Uint8Array): void {
    this.#history.reserve(bytes.length);
    this.#history.append(bytes);
  }

  #readLiterals(reader: Reader): Uint8Array {
    const first = reader.number(1);
    const type = first & 3;
    const format = (first >> 2) & 3;
    const more = (bytes: number) => first + 256 * reader.number(bytes);
    if (type < 2) {
      const plain = [first >> 3, 0, first >> 3, 0][format]!;
      const size = format === 1 ? more(1) >> 4 : format === 3 ? more(2) >> 4 : plain;
      if (size > this.#sizeMax) throw tooLarge();
      if (type === 0) return reader.take(size);
      return new Uint8Array(size).fill(reader.number(1));
    }
    const sizeBits = [10, 10, 14, 18][format]!;
    const sizes = Math.floor(more([2, 2, 3, 4][format]!) / 16);
    const size = sizes % 2 ** sizeBits;
    const coded = new Reader(reader.take(Math.floor(sizes / 2 ** sizeBits)));
    if (size > this.#sizeMax) throw tooLarge();
    if (type === 2) {
      const body = coded.rest();
      const { table, end } = readPrefixTable(body);
      this.#prefixes = table;
      coded.offset = end;
    }
    if (this.#prefixes === undefined) throw damaged("a block repeats a table that there is not");
    return readStreams(coded, this.#prefixes, size, format === 0 ? 1 : 4);
  }

  /** Returns how many of the literals are used. */
  #readSequences(reader: Reader, count: number, literals: Uint8Array): number {
    const modes = reader.number(1);
    if ((modes & 3) !== 0) throw damaged("a block has a reserved bit");
    this.#tables = codes.map((code, index) =>
      readTable(reader, (modes >> (6 - 2 * index)) & 3, code, this.#tables[index]),
    );
    const [literalTable, offsetTable, matchTable] = this.#tables as StateTable[];
    const bits = new BackwardBits(reader.rest());
    const states = this.#tables.map((table) => bits.read(table!.accuracyBits));
    const advance = (index: number) => {
      const table = this.#tables[index]!;
      states[index] = table.bases[states[index]!]! + bits.read(table.bits[states[index]!]!);
    };
    const end = this.#history.length + this.#sizeMax;
    let used = 0;
    for (let left = count; left > 0; left -= 1) {
      const offsetBits = offsetTable!.symbols[states[1]!]!;
      if (offsetBits > offsetBitsMax) throw damaged("a distance is too far back");
      const offset = 2 ** offsetBits + bits.read(offsetBits);
      const match = matchTable!.symbols[states[2]!]!;
      const matchLength = matchBases[match]! + bits.read(matchBits[match]!);
      const literal = literalTable!.symbols[states[0]!]!;
      const literalLength = literalBases[literal]! + bits.read(literalBits[literal]!);
      if (left > 1) for (const index of [0, 2, 1]) advance(index);
      if (bits.remaining < 0 || used + literalLength > literals.length) {
        throw damaged("a sequence reaches behind the end of its block");
      }
      this.#append(literals.subarray(used, used + literalLength));
      used += literalLength;
      if (this.#history.length + matchLength > end) throw tooLarge();
      this.#copy(this.#distance(offset, literalLength), matchLength);
    }
    if (bits.remaining !== 0) throw damaged("a block has bits behind its end");
    return used;
  }

  /** The first three values stand for distances that were used before. */
  #distance(offset: number, literalLength: number): number {
    const known = this.#distances;
    const index = offset > 3 ? 3 : offset - (literalLength === 0 ? 0 : 1);
    if (index === 0) return known[0];
    let distance = offset - 3;
    if (offset <= 3) distance = index === 3 ? known[0] - 1 : known[index]!;
    if (index > 1) known[2] = known[1];
    known[1] = known[0];
    known[0] = distance;
    return distance;
  }

  #copy(distance: number, length: number): void {
    const history = this.#history;
    if (distance < 1 || distance > history.length - history.start) {
      throw damaged("a distance is too far back");
    }
    history.reserve(length);
    history.repeat(distance - 1, length);
  }
}

function tooLarge() {
  return damaged("a block holds more than its frame allows");
}

function readCount(reader: Reader): number {
  const first = reader.number(1);
  if (first < 128) return first;
  return first === 255 ? reader.number(2) + 0x7f00 : (first - 128) * 256 + reader.number(1);
}

function readTable(
  reader: Reader,
  mode: number,
  { usual, accuracyBitsMax, symbolMax }: Code,
  before: StateTable | undefined,
): StateTable {
  if (mode === 0) return usual;
  if (mode === 1) {
    const symbol = reader.number(1);
    if (symbol > symbolMax) throw damaged("a block has a symbol that there is not");
    return singleState(symbol);
  }
  if (mode === 3) {
    if (before === undefined) throw damaged("a block repeats a table that there is not");
    return before;
  }
  const start = reader.offset;
  const { table, end } = readStateTable(reader.rest(), accuracyBitsMax, symbolMax);
  reader.offset = start + end;
  return table;
}

function readStreams(reader: Reader, table: PrefixTable, size: number, count: 1 | 4): Uint8Array {
  if (count === 1) return readPrefixed(reader.rest(), table, size);
  const lengths = [reader.number(2), reader.number(2), reader.number(2)];
  const part = (size + 3) >> 2;
  if (size < 3 * part) throw damaged("its literals have another length than they say");
  const parts = lengths.map((length) => readPrefixed(reader.take(length), table, part));
  return Buffer.concat([...parts, readPrefixed(reader.rest(), table, size - 3 * part)]);
}
