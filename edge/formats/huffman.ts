/**
 * Length-limited prefix codes for deflate (RFC 1951 3.2.2): by Huffman's algorithm, and if the result
 * exceeds the limit, by the package-merge algorithm of Larmore and Hirschberg. Several codes can be
 * optimal for the same frequencies. `deflate.ts` needs the one that Go chooses: a package goes before
 * a leaf of the same weight, and of two equally frequent symbols the one with the larger number gets
 * the shorter code.
 */

const symbolsMax = 286;
const bitsLimit = 15;
/** Larger than every weight. It has 31 bits, because the engine is fast with these. */
const weightMax = 2 ** 30 - 1;
/** A level holds every leaf, and fewer packages than leaves. */
const itemsMax = 2 * symbolsMax;

export interface PrefixCode {
  /** In bits; 0 if the symbol is unused. */
  readonly lengths: Uint8Array;
  /**
   * How each symbol is written: its bits, the first one lowest, above their number in the lowest
   * `codeLengthBits`.
   */
  readonly words: Int32Array;
}

export const codeLengthBits = 5;

export function emptyCode(symbols: number): PrefixCode {
  return { lengths: new Uint8Array(symbols), words: new Int32Array(symbols) };
}

/** Reused by every call: the tables of one code. */
const order = new Int32Array(symbolsMax);
const weights = [new Int32Array(itemsMax), new Int32Array(itemsMax)] as const;
const leavesBefore = Array.from({ length: bitsLimit + 1 }, () => new Uint16Array(itemsMax + 1));
const symbolCounts = new Uint16Array(bitsLimit + 1);
const nextBits = new Uint16Array(bitsLimit + 1);

/** The symbol is in the bits below its frequency, so that sorting numbers sorts by both. */
const symbolBits = 9;
const symbolMask = (1 << symbolBits) - 1;

/**
 * Fills `code` with the optimal code for `frequencies` (below 2^20 each) with at most `bitsMax` (up to
 * 15) bits a symbol. One or two symbols get one bit each.
 */
export function fitCode(code: PrefixCode, frequencies: Int32Array, bitsMax: number): void {
  let used = 0;
  for (let symbol = 0; symbol < frequencies.length; symbol += 1) {
    const frequency = frequencies[symbol]!;
    code.lengths[symbol] = 0;
    if (frequency === 0) continue;
    order[used] = (frequency << symbolBits) | symbol;
    used += 1;
  }
  symbolCounts.fill(0);
  if (used <= 2) {
    symbolCounts[1] = used;
    for (let index = 0; index < used; index += 1) code.lengths[order[index]! & symbolMask] = 1;
  } else {
    order.subarray(0, used).sort();
    if (!assignFreely(code.lengths, used, bitsMax)) {
      assignLengths(code.lengths, used, Math.min(bitsMax, used - 1));
    }
  }
  assignBits(code);
}

/** Reused by every call: the packages of Huffman's algorithm, each with its parent. */
const packageWeights = new Int32Array(symbolsMax);
const packageOwners = new Int32Array(symbolsMax);
const packageDepths = new Int32Array(symbolsMax);
const leafOwners = new Int32Array(symbolsMax);

/**
 * `order` holds `used` symbols, the rarest first. Returns false if one gets more than `bitsMax` bits.
 * Otherwise the code is the same as that of package-merge, in a tenth of the time.
 */
function assignFreely(lengths: Uint8Array, used: number, bitsMax: number): boolean {
  joinRarest(used);
  packageDepths[used - 2] = 0;
  for (let item = used - 3; item >= 0; item -= 1) {
    packageDepths[item] = packageDepths[packageOwners[item]!]! + 1;
  }
  // Packages that were joined first are deepest.
  if (packageDepths[0]! + 1 > bitsMax) return false;
  for (let index = 0; index < used; index += 1) {
    const bits = packageDepths[leafOwners[index]!]! + 1;
    lengths[order[index]! & symbolMask] = bits;
    symbolCounts[bits]! += 1;
  }
  return true;
}

/** Fills the `used - 1` packages: each joins the two rarest items that are left. */
function joinRarest(used: number): void {
  let leaf = 0;
  let pair = 0;
  for (let item = 0; item < used - 1; item += 1) {
    let weight = 0;
    for (let part = 0; part < 2; part += 1) {
      const leafWeight = leaf < used ? order[leaf]! >> symbolBits : weightMax;
      const pairWeight = pair < item ? packageWeights[pair]! : weightMax;
      if (leafWeight < pairWeight) {
        weight += leafWeight;
        leafOwners[leaf] = item;
        leaf += 1;
      } else {
        weight += pairWeight;
        packageOwners[pair] = item;
        pair += 1;
      }
    }
    packageWeights[item] = weight;
  }
}

/** `order` holds `used` symbols, the rarest first. */
function assignLengths(lengths: Uint8Array, used: number, levels: number): void {
  mergePackages(used, levels);
  let items = 2 * used - 2;
  let leavesAbove = used;
  for (let level = levels; level >= 1; level -= 1) {
    // A leaf that is taken at this level but not below has been taken once for each bit.
    const leaves = leavesBefore[level]![items]!;
    const bits = levels - level;
    for (let index = leaves; index < leavesAbove; index += 1) {
      lengths[order[index]! & symbolMask] = bits;
    }
    symbolCounts[bits] = leavesAbove - leaves;
    leavesAbove = leaves;
    items = 2 * (items - leaves);
  }
  for (let index = 0; index < leavesAbove; index += 1) lengths[order[index]! & symbolMask] = levels;
  symbolCounts[levels] = leavesAbove;
}

/** Fills `leavesBefore`: for each level and number n, how many of its first n items are leaves. */
function mergePackages(used: number, levels: number): void {
  let below = weights[0];
  let here = weights[1];
  let packages = 0;
  for (let level = 1; level <= levels; level += 1) {
    const counts = leavesBefore[level]!;
    let leaf = 0;
    let pair = 0;
    for (let item = 0; item < used + packages; item += 1) {
      counts[item] = leaf;
      const pairWeight = pair < packages ? below[2 * pair]! + below[2 * pair + 1]! : weightMax;
      const leafWeight = leaf < used ? order[leaf]! >> symbolBits : weightMax;
      if (leafWeight < pairWeight) {
        here[item] = leafWeight;
        leaf += 1;
      } else {
        here[item] = pairWeight;
        pair += 1;
      }
    }
    counts[used + packages] = leaf;
    packages = (used + packages) >> 1;
    [below, here] = [here, below];
  }
}

/** Assigns codes to the symbols in their order, shorter lengths first. */
function assignBits(code: PrefixCode): void {
  let next = 0;
  for (let length = 1; length <= bitsLimit; length += 1) {
    next = (next + symbolCounts[length - 1]!) << 1;
    nextBits[length] = next;
  }
  for (let symbol = 0; symbol < code.lengths.length; symbol += 1) {
    const length = code.lengths[symbol]!;
    if (length === 0) continue;
    code.words[symbol] = (reversed(nextBits[length]!, length) << codeLengthBits) | length;
    nextBits[length]! += 1;
  }
}

/** Deflate fills bytes from the lowest bit up, but writes prefix codes from their first bit on. */
function reversed(bits: number, length: number): number {
  const bytes = (reversedBytes[bits & 0xff]! << 8) | reversedBytes[bits >> 8]!;
  return bytes >> (16 - length);
}

const reversedBytes = Uint8Array.from({ length: 256 }, (_, byte) => {
  let result = 0;
  for (let bit = 0; bit < 8; bit += 1) result |= ((byte >> bit) & 1) << (7 - bit);
  return result;
});

/** The code with these lengths, such as the fixed code of RFC 1951 3.2.6. */
export function codeOfLengths(lengths: readonly number[]): PrefixCode {
  const code = emptyCode(lengths.length);
  code.lengths.set(lengths);
  symbolCounts.fill(0);
  for (const length of lengths) symbolCounts[length]! += 1;
  symbolCounts[0] = 0;
  assignBits(code);
  return code;
}
