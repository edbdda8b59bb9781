/**
 * gzip (RFC 1952, RFC 1951) with the same bytes as Go's compress/gzip at BestCompression, which
 * butane uses. The bytes are the same on every machine, and every file gets the same encoding as
 * from butane.
 *
 * The rules, observed with Go 1.26 and checked by tests: matches are found by a hash of four bytes,
 * among the 4,096 latest positions with the same hash; the first of the longest wins; a match of four
 * bytes from more than 4,096 bytes away does not count; a longer match that begins one byte later is
 * preferred. A block has 16,384 tokens. The window moves in steps of 32 KiB. An empty stored block
 * ends the stream.
 *
 * Rejected: zlib, whose bytes depend on the processor and on the release of Node; fflate, which makes
 * translation 1.5 times slower, and whose lengths lead to another encoding than butane's for 2 % of
 * short texts.
 */
import { crc32 } from "node:zlib";
import { BitWriter, tokenLengthBits, writeBlock, writeStored } from "./deflate-block.ts";
import type { Token } from "./deflate-block.ts";

const windowBytes = 32_768;
/** The search sees two windows, and needs `aheadBytesMin` ahead of it unless the input ends. */
const viewBytes = 2 * windowBytes;
const lengthMin = 4;
const lengthMax = 258;
const aheadBytesMin = lengthMin + lengthMax;
const shortDistanceMax = 4_096;
const triesMax = 4_096;
const blockTokensMax = 16_384;
const tokenLengthMask = (1 << tokenLengthBits) - 1;

const hashBits = 17;
const hashFactor = 0x1e35_a7bd;
/**
 * The table has fewer bits than the hash, so that it stays in the processor's cache. Positions that
 * collide only here cost a comparison, and are not counted as tries.
 */
const tableBits = 13;

/**
 * The latest position of each hash, followed by how many there were before it. Reused by every call:
 * `origin` is added to each position and grows with each call, so that positions of earlier calls
 * are negative and the table need not be cleared.
 */
const latest = new Int32Array(2 << tableBits);
const placeMax = 2 ** 31 - 1;
let nextOrigin = 1;

/**
 * For each position in the window (its index is the position modulo the length): the four bytes that
 * begin there, the first one highest; the previous position with the same hash, negative if there is
 * none; and how many there are before it.
 */
const words = new Int32Array(2 * windowBytes);
const before = new Int32Array(2 * windowBytes);
const ranks = new Int32Array(2 * windowBytes);
const ringMask = 2 * windowBytes - 1;
const linkedPlaces = windowBytes / 2;

const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255);
const noBytes = new Uint8Array(0);

const tokens = new Int32Array(blockTokensMax);
const ownOutput = new Uint8Array(512 * 1024);

/** Compresses into one member. 2 GiB or more is a `RangeError`. */
export function gzipGo(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= placeMax) throw new RangeError("The data to compress has 2 GiB or more.");
  // A byte takes at most 9 bits, the longest code of the fixed code; a block adds a few bytes.
  const room = bytes.length + (bytes.length >> 3) + (bytes.length >> 10) + 64;
  const writer = new BitWriter(room <= ownOutput.length ? ownOutput : new Uint8Array(room));
  writer.append(header);
  // Always a Uint8Array, never a Buffer: the engine optimizes the search for one class.
  deflate(writer, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  writeStored(writer, noBytes, true);
  for (const word of [crc32(bytes), bytes.length]) {
    writer.write(word & 0xffff, 16);
    writer.write(word >>> 16, 16);
  }
  return writer.bytes.slice(0, writer.length);
}

function deflate(writer: BitWriter, bytes: Uint8Array): void {
  const search = new Search(bytes);
  let start = 0;
  while (start < bytes.length) {
    const count = search.fillBlock();
    writeBlock(writer, tokens, count, bytes.subarray(start, search.end));
    start = search.end;
  }
}

/**
 * Reads the text once, and fills `tokens` with one block at a time. The state is in fields between
 * two blocks, and in variables within a block, which are several times as fast.
 */
class Search {
  readonly #bytes: Uint8Array;
  readonly #origin: number;
  #linked = 0;
  #viewStart = 0;
  #place = 0;
  /** The match that begins one byte before, or 0: a longer one may replace it. */
  #held: Token = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#origin = claimPlaces(bytes.length);
  }

  /** Where the last block ends. */
  get end(): number {
    return this.#held === 0 ? this.#place : this.#place - 1;
  }

  /** Fills `tokens` with the next block; returns how many it has. */
  fillBlock(): number {
    const bytes = this.#bytes;
    const placeEnd = bytes.length;
    let place = this.#place;
    let held = this.#held;
    let count = 0;
    let prepared = place;
    let viewStart = this.#viewStart;
    while (place < placeEnd && count < blockTokensMax) {
      if (place >= prepared) {
        prepared = this.#prepare(place);
        viewStart = this.#viewStart;
      }
      const heldLength = held & tokenLengthMask;
      const limit = placeEnd - place < lengthMax ? placeEnd - place : lengthMax;
      const lengthBefore = heldLength < lengthMin ? lengthMin - 1 : heldLength;
      let found: Token = 0;
      if (lengthBefore < limit) {
        found = longest(place, Math.max(place - windowBytes, viewStart), lengthBefore, limit);
      }
      if (found !== 0) {
        if (held !== 0) {
          tokens[count] = bytes[place - 1]!;
          count += 1;
        }
        held = found;
        place += 1;
      } else if (held !== 0) {
        tokens[count] = held;
        count += 1;
        place += heldLength - 1;
        held = 0;
      } else {
        tokens[count] = bytes[place]!;
        count += 1;
        place += 1;
      }
    }
    this.#place = place;
    this.#held = held;
    return count;
  }

  /** Moves the window and links the positions ahead; returns where to call it again. */
  #prepare(place: number): number {
    const { length } = this.#bytes;
    if (this.#viewEnd < length && this.#viewEnd - place < aheadBytesMin) {
      this.#viewStart += windowBytes;
    }
    if (this.#linked < length && this.#linked - place < aheadBytesMin) {
      const end = Math.min(length, this.#linked + linkedPlaces);
      linkPlaces(this.#bytes, this.#linked, end, this.#origin);
      this.#linked = end;
    }
    const viewed = this.#viewEnd < length ? this.#viewEnd : placeMax;
    const linked = this.#linked < length ? this.#linked : placeMax;
    return Math.min(viewed, linked) - aheadBytesMin + 1;
  }

  get #viewEnd(): number {
    return this.#viewStart + viewBytes;
  }
}

/** Returns the number to add to each position in this call. */
function claimPlaces(length: number): number {
  if (nextOrigin > placeMax - length) {
    latest.fill(0);
    nextOrigin = 1;
  }
  const origin = nextOrigin;
  nextOrigin += length;
  return origin;
}

/**
 * Fills the tables for the positions from `start` to `end`. The last three of the input have fewer
 * than four bytes: zeros follow, and there is no previous position.
 */
function linkPlaces(bytes: Uint8Array, start: number, end: number, origin: number): void {
  const linkedEnd = Math.min(end, bytes.length - lengthMin + 1);
  let word = (bytes[start]! << 16) | (bytes[start + 1]! << 8) | bytes[start + 2]!;
  let place = start;
  for (; place < linkedEnd; place += 1) {
    word = (word << 8) | bytes[place + 3]!;
    const slot = (Math.imul(word, hashFactor) >>> (32 - tableBits)) << 1;
    words[place & ringMask] = word;
    const last = latest[slot]! - origin;
    before[place & ringMask] = last;
    // 0 if `last` is negative, without a branch, which the processor could not predict.
    const rank = (latest[slot + 1]! + 1) & ~(last >> 31);
    ranks[place & ringMask] = rank;
    latest[slot] = place + origin;
    latest[slot + 1] = rank;
  }
  for (; place < end; place += 1) {
    word <<= 8;
    words[place & ringMask] = word;
    before[place & ringMask] = -1;
    ranks[place & ringMask] = 0;
  }
}

/**
 * The nearest of the longest matches for `place`, not before `first`, longer than `lengthBefore` and
 * at most `limit`; 0 if there is none.
 *
 * Go tries every position with the hash of the first four bytes, the head. A longer match has the
 * same tail too: the four bytes that end one byte after the best match so far. This function follows
 * whichever of head and tail is rarer. The result is the same if Go would have tried that position.
 */
function longest(place: number, first: number, lengthBefore: number, limit: number): Token {
  const head = words[place & ringMask]!;
  let length = lengthBefore;
  let tailAhead = length - lengthMin + 1;
  let tail = words[(place + tailAhead) & ringMask]!;
  let ahead = rarer(place, tailAhead);
  let token = 0;
  let from = before[(place + ahead) & ringMask]! - ahead;
  while (from >= first) {
    if (words[(from + tailAhead) & ringMask] === tail && words[from & ringMask] === head) {
      const same = sameBytes(from, place, limit);
      if (same > length && (same > lengthMin || place - from <= shortDistanceMax)) {
        if (isBeyondTries(place, from)) break;
        token = ((place - from) << tokenLengthBits) | same;
        if (same >= limit) break;
        length = same;
        tailAhead = length - lengthMin + 1;
        tail = words[(place + tailAhead) & ringMask]!;
        const next = rarer(place, tailAhead);
        if (next !== ahead) {
          ahead = next;
          const nearest = from;
          from = place;
          do from = before[(from + ahead) & ringMask]! - ahead;
          while (from >= nearest);
          continue;
        }
      }
    }
    from = before[(from + ahead) & ringMask]! - ahead;
  }
  return token;
}

/** Which four bytes are rarer: 0 for those at the position, or `ahead` for those ahead of it. */
function rarer(place: number, ahead: number): number {
  return ranks[place & ringMask]! < ranks[(place + ahead) & ringMask]! ? 0 : ahead;
}

/** Whether Go gives up before it reaches `from`, which has the same head. */
function isBeyondTries(place: number, from: number): boolean {
  return (
    ranks[place & ringMask]! - ranks[from & ringMask]! > triesMax &&
    countTries(place, from) > triesMax
  );
}

/** How many bytes are equal at both positions, up to `limit`. The first four are equal. */
function sameBytes(from: number, place: number, limit: number): number {
  for (let same = lengthMin; same < limit; same += 4) {
    const difference = words[(from + same) & ringMask]! ^ words[(place + same) & ringMask]!;
    if (difference !== 0) return Math.min(limit, same + (Math.clz32(difference) >> 3));
  }
  return limit;
}

/** How many positions Go tries from `place` back to `from`. */
function countTries(place: number, from: number): number {
  const hash = hashAt(place);
  let tries = 0;
  let tried = place;
  while (tried > from) {
    tried = before[tried & ringMask]!;
    if (hashAt(tried) === hash) tries += 1;
  }
  return tries;
}

function hashAt(place: number): number {
  return Math.imul(words[place & ringMask]!, hashFactor) >>> (32 - hashBits);
}
