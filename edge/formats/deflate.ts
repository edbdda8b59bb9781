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
const tableBits = 14;

/**
 * The latest place of each hash, used again by every call. Places are kept with `origin` added, which
 * grows by each call, so that those of earlier calls are before the start of this one and the table
 * needs no clearing.
 */
const latest = new Int32Array(1 << tableBits);
const placeMax = 2 ** 31 - 1;
let nextOrigin = 1;

/**
 * For each place the one before it with the same hash, below 0 if there is none, for a window behind
 * the search and some way ahead of it: the place modulo the length is the index.
 */
const before = new Int32Array(2 * windowBytes);
const beforeMask = before.length - 1;
const linkedPlaces = windowBytes / 2;

const tokens = new Int32Array(blockTokensMax);
const ownOutput = new Uint8Array(512 * 1024);

/** One member. More than 2 GiB less two bytes is a `RangeError`. */
export function gzipGo(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= placeMax) throw new RangeError("2 GiB or more are too much to compress.");
  // No byte grows to more than 9 bits, the longest of the fixed code; a block adds a few bytes.
  const room = bytes.length + (bytes.length >> 3) + (bytes.length >> 10) + 64;
  const writer = new BitWriter(room <= ownOutput.length ? ownOutput : new Uint8Array(room));
  writer.append(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255));
  // The same class in every call, Buffer or not: the engine compiles the search for one of them.
  deflate(writer, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  writeStored(writer, new Uint8Array(0), true);
  for (const word of [crc32(bytes), bytes.length]) {
    writer.write(word & 0xffff, 16);
    writer.write(word >>> 16, 16);
  }
  return writer.bytes.slice(0, writer.length);
}

function deflate(writer: BitWriter, bytes: Uint8Array): void {
  const origin = claimPlaces(bytes.length);
  const linkedMax = bytes.length - lengthMin + 1;
  let linked = 0;
  let count = 0;
  let viewStart = 0;
  let blockStart = 0;
  const endBlock = (end: number): void => {
    writeBlock(writer, tokens.subarray(0, count), bytes.subarray(blockStart, end));
    blockStart = end;
    count = 0;
  };

  /** The repetition that began at the byte before, or none: it waits for a longer one. */
  let held: Token = 0;
  let holdsByte = false;
  let place = 0;
  while (place < bytes.length) {
    const viewEnd = viewStart + viewBytes;
    if (viewEnd < bytes.length && viewEnd - place < aheadBytesMin) viewStart += windowBytes;
    if (linked < linkedMax && linked < place + aheadBytesMin) {
      const end = Math.min(linkedMax, linked + linkedPlaces);
      linkPlaces(bytes, linked, end, origin);
      linked = end;
    }
    const heldLength = held & tokenLengthMask;
    let found: Token = 0;
    if (bytes.length - place > Math.max(heldLength, lengthMin - 1) && heldLength < lengthMax) {
      const first = Math.max(place - windowBytes, viewStart);
      found = longest(bytes, place, first, Math.max(heldLength, lengthMin - 1));
    }
    if (held !== 0 && found === 0) {
      tokens[count] = held;
      count += 1;
      place += heldLength - 1;
      held = 0;
      holdsByte = false;
      if (count === blockTokensMax) endBlock(place);
      continue;
    }
    if (holdsByte) {
      tokens[count] = bytes[place - 1]!;
      count += 1;
      if (count === blockTokensMax) endBlock(place);
    }
    held = found;
    holdsByte = true;
    place += 1;
  }
  if (holdsByte) {
    tokens[count] = bytes[place - 1]!;
    count += 1;
  }
  if (count > 0) endBlock(place);
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

/** Fills `before` from `start` to `end`. Each place has the four bytes that are hashed. */
function linkPlaces(bytes: Uint8Array, start: number, end: number, origin: number): void {
  let word = (bytes[start]! << 16) | (bytes[start + 1]! << 8) | bytes[start + 2]!;
  for (let place = start; place < end; place += 1) {
    word = (word << 8) | bytes[place + 3]!;
    const slot = Math.imul(word, hashFactor) >>> (32 - tableBits);
    before[place & beforeMask] = latest[slot]! - origin;
    latest[slot] = place + origin;
  }
}

/**
 * The nearest of the longest repetitions for `place`, from `first` on and longer than
 * `lengthBefore`; 0 if there is none.
 *
 * Go tries every place with the hash of the first four bytes. We look among those that agree in the
 * four bytes up to the first one that must be better, which are far fewer; what is found is the
 * same, as long as it is among the places that Go would have tried.
 */
function longest(bytes: Uint8Array, place: number, first: number, lengthBefore: number): Token {
  const limit = Math.min(lengthMax, bytes.length - place);
  let length = lengthBefore;
  let token = 0;
  let nearest = place;
  let counted = { place, tries: 0 };
  while (length < limit) {
    const ahead = length - lengthMin + 1;
    let from = before[(place + ahead) & beforeMask]! - ahead;
    while (from >= nearest) from = before[(from + ahead) & beforeMask]! - ahead;
    let same = 0;
    for (; from >= first; from = before[(from + ahead) & beforeMask]! - ahead) {
      same = 0;
      while (same < limit && bytes[from + same] === bytes[place + same]) same += 1;
      if (same > length && (same > lengthMin || place - from <= shortDistanceMax)) break;
    }
    if (from < first) break;
    // So many tries need a place of their own each.
    if (place - from > triesMax) {
      counted = countTries(bytes, place, from, counted);
      if (counted.tries > triesMax) break;
    }
    token = ((place - from) << tokenLengthBits) | same;
    length = same;
    nearest = from;
  }
  return token;
}

interface Counted {
  readonly place: number;
  readonly tries: number;
}

/** How many places Go tries from `place` back to `from`, when it has `counted` so far. */
function countTries(bytes: Uint8Array, place: number, from: number, counted: Counted): Counted {
  const hash = hashAt(bytes, place);
  let { place: tried, tries } = counted;
  while (tried > from) {
    tried = before[tried & beforeMask]!;
    if (hashAt(bytes, tried) === hash) tries += 1;
  }
  return { place: tried, tries };
}

function hashAt(bytes: Uint8Array, place: number): number {
  const word =
    (bytes[place]! << 24) |
    (bytes[place + 1]! << 16) |
    (bytes[place + 2]! << 8) |
    bytes[place + 3]!;
  return Math.imul(word, hashFactor) >>> (32 - hashBits);
}
