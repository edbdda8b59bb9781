/**
 * gzip (RFC 1952, RFC 1951) with the bytes that Go's compress/gzip writes at BestCompression, as
 * butane does. What zlib writes differs by processor and by release of Node; these bytes are the
 * same on every machine, and a file is encoded in the same form by us and by butane.
 *
 * What decides the bytes, observed of Go 1.26 and held to it by tests: repetitions are found by a
 * hash of four bytes, among the 4,096 latest places with the same hash; the first of the longest
 * wins; one of four bytes from more than 4,096 bytes away does not count; a longer one that begins
 * a byte later is preferred. A block has 16,384 tokens. The window moves in steps of 32 KiB.
 * An empty stored block ends the stream.
 */
import { crc32 } from "node:zlib";
import { BitWriter, tokenLengthBits, writeBlock, writeStored } from "./deflate-block.ts";
import type { Token } from "./deflate-block.ts";

const windowBytes = 32_768;
/** The search sees two windows, and wants this much ahead of it while there is more to come. */
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
 * So much of the hash is kept apart in our table, which then stays in the processor's cache. Places
 * that only we bring together cost a comparison; where Go's tries are counted, they don't count.
 */
const tableBits = 13;

/**
 * The latest place of each hash, and behind it how many there were before it; used again by every
 * call. Places are kept with `origin` added, which grows by each call, so that those of earlier
 * calls are before the start of this one and the table needs no clearing.
 */
const latest = new Int32Array(2 << tableBits);
const placeMax = 2 ** 31 - 1;
let nextOrigin = 1;

/**
 * What is known of places, for a window behind the search and some way ahead of it: the place
 * modulo the length is the index. Each place has the four bytes that begin there, the first one
 * highest; the place before it with the same hash, below 0 if there is none; and how many there are
 * before it.
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

/** One member. More than 2 GiB less two bytes is a `RangeError`. */
export function gzipGo(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= placeMax) throw new RangeError("2 GiB or more are too much to compress.");
  // No byte grows to more than 9 bits, the longest of the fixed code; a block adds a few bytes.
  const room = bytes.length + (bytes.length >> 3) + (bytes.length >> 10) + 64;
  const writer = new BitWriter(room <= ownOutput.length ? ownOutput : new Uint8Array(room));
  writer.append(header);
  // The same class in every call, Buffer or not: the engine compiles the search for one of them.
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
 * Goes through the text once, a block of `tokens` at a time. Between two blocks its state is in
 * fields, within one in variables, which are several times as fast.
 */
class Search {
  readonly #bytes: Uint8Array;
  readonly #origin: number;
  #linked = 0;
  #viewStart = 0;
  #place = 0;
  /** The repetition that began at the byte before, or none: it waits for a longer one. */
  #held: Token = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#origin = claimPlaces(bytes.length);
  }

  /** Where the block ends that was filled last. */
  get end(): number {
    return this.#held === 0 ? this.#place : this.#place - 1;
  }

  /** Fills `tokens` with the next block; gives how many it has. */
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

  /** Moves the window, and links the places ahead; gives the place where that is due again. */
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

/** The number that is added to each place in this call. */
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
 * Fills in what is known of the places from `start` to `end`. The last three of all have no four
 * bytes: zeros follow there, and no place is before.
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
    // 0 if the last place is below 0, without a branch, which the processor could not foretell.
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
 * The nearest of the longest repetitions for `place`, from `first` on, longer than `lengthBefore`
 * and at most `limit`; 0 if there is none.
 *
 * Go tries every place with the hash of the first four bytes, the head. What is longer also agrees
 * in the tail, the four bytes up to the first one that must be better. We try the places of
 * whichever of the two has come up less often; what is found is the same, as long as it is among the
 * places that Go would have tried.
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

/** Which four bytes came up less often: 0 for those at the place, or those so far `ahead`. */
function rarer(place: number, ahead: number): number {
  return ranks[place & ringMask]! < ranks[(place + ahead) & ringMask]! ? 0 : ahead;
}

/** Whether Go has given up before it comes to `from`, where the head is the same. */
function isBeyondTries(place: number, from: number): boolean {
  return (
    ranks[place & ringMask]! - ranks[from & ringMask]! > triesMax &&
    countTries(place, from) > triesMax
  );
}

/** How many bytes are the same at both places, up to `limit`; the first four are. */
function sameBytes(from: number, place: number, limit: number): number {
  for (let same = lengthMin; same < limit; same += 4) {
    const difference = words[(from + same) & ringMask]! ^ words[(place + same) & ringMask]!;
    if (difference !== 0) return Math.min(limit, same + (Math.clz32(difference) >> 3));
  }
  return limit;
}

/** How many places Go tries from `place` back to `from`. */
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
