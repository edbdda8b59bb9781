import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  codeLengthBits,
  codeOfLengths,
  emptyCode,
  fitCode,
} from "../../../edge/formats/huffman.ts";

interface Item {
  readonly weight: number;
  readonly symbols: readonly number[];
}

/**
 * The lengths by the package-merge method, written for reading: a level is the leaves and the pairs
 * of the level below, the lightest first; of equal weights pairs go before leaves, for the sort is
 * stable.
 */
function mergedLengths(frequencies: readonly number[], bitsMax: number): number[] {
  const leaves = frequencies
    .map((weight, symbol): Item => ({ weight, symbols: [symbol] }))
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => one.weight - other.weight);
  const lengths = frequencies.map(() => 0);
  if (leaves.length === 1) lengths[leaves[0]!.symbols[0]!] = 1;
  let level: readonly Item[] = [];
  for (let bits = 0; bits < bitsMax; bits += 1) {
    level = [...pairs(level), ...leaves].toSorted((one, other) => one.weight - other.weight);
  }
  for (const { symbols } of level.slice(0, Math.max(0, 2 * leaves.length - 2))) {
    for (const symbol of symbols) lengths[symbol]! += 1;
  }
  return lengths;
}

function pairs(items: readonly Item[]): Item[] {
  return Array.from({ length: items.length >> 1 }, (_, index) => {
    const [one, other] = [items[2 * index]!, items[2 * index + 1]!];
    return { weight: one.weight + other.weight, symbols: [...one.symbols, ...other.symbols] };
  });
}

function fittedLengths(frequencies: readonly number[], bitsMax: number): number[] {
  const code = emptyCode(frequencies.length);
  fitCode(code, Int32Array.from(frequencies), bitsMax);
  return [...code.lengths];
}

/** Some symbols unused, many equally frequent, and some twice as frequent as the next. */
const frequency = fc.oneof(
  fc.constant(0),
  fc.nat({ max: 4 }),
  fc.nat({ max: 16_384 }),
  fc.nat({ max: 13 }).map((exponent) => 2 ** exponent),
);

describe("an optimal code, the same one of several that package-merge finds", () => {
  test.each([
    { bitsMax: 7, symbols: 19 },
    { bitsMax: 15, symbols: 30 },
    { bitsMax: 15, symbols: 286 },
  ])("of $symbols symbols with at most $bitsMax bits", ({ bitsMax, symbols }) => {
    const lists = fc.array(frequency, { minLength: symbols, maxLength: symbols });
    fc.assert(
      fc.property(lists, (frequencies) => {
        expect(fittedLengths(frequencies, bitsMax)).toEqual(mergedLengths(frequencies, bitsMax));
      }),
      { numRuns: symbols > 100 ? 50 : 500 },
    );
  });

  test("where the limit is just long enough, and where it is one bit too low", () => {
    const frequencies = Array.from({ length: 12 }, (_, index) => 2 ** index);
    expect(Math.max(...fittedLengths(frequencies, 15))).toBe(11);
    for (const bitsMax of [11, 10, 7, 4]) {
      expect(fittedLengths(frequencies, bitsMax)).toEqual(mergedLengths(frequencies, bitsMax));
    }
  });
});

test("one symbol and two symbols have one bit each, none has no code", () => {
  expect(fittedLengths([0, 9, 0], 15)).toEqual([0, 1, 0]);
  expect(fittedLengths([0, 9, 1], 15)).toEqual([0, 1, 1]);
  expect(fittedLengths([0, 0, 0], 15)).toEqual([0, 0, 0]);
});

test("the bits of the example in RFC 1951 3.2.2, the first one lowest", () => {
  const { words } = codeOfLengths([3, 3, 3, 3, 3, 2, 4, 4]);
  const bits = ["010", "011", "100", "101", "110", "00", "1110", "1111"];
  const expected = bits.map(
    (text) => (Number.parseInt([...text].toReversed().join(""), 2) << codeLengthBits) | text.length,
  );
  expect([...words]).toEqual(expected);
});
