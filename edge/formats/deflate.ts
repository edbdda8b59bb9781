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
const windowMask = windowBytes - 1;
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
 * Used again by every call. Places are kept with `origin` added, which grows by each call, so that
 * places of earlier calls are before the start of this one and the tables need no clearing.
 */
const latest = new Int32Array(1 << hashBits);
const earlier = new Int32Array(windowBytes);
const placeMax = 2 ** 31 - 1;
let nextOrigin = 1;

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
    const heldLength = held & tokenLengthMask;
    const ahead = bytes.length - place;
    let found: Token = 0;
    if (ahead >= lengthMin) {
      const candidate = register(bytes, place, origin) - origin;
      const first = Math.max(place - windowBytes, viewStart);
      if (candidate >= first && ahead > heldLength && heldLength < lengthMax) {
        found = longest(bytes, place, candidate, first, origin);
      }
    }
    if (held !== 0 && (found & tokenLengthMask) <= heldLength) {
      tokens[count] = held;
      count += 1;
      const end = place + heldLength - 1;
      const registered = Math.min(end, bytes.length - lengthMin + 1);
      for (let inside = place + 1; inside < registered; inside += 1) {
        register(bytes, inside, origin);
      }
      place = end;
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
    earlier.fill(0);
    nextOrigin = 1;
  }
  const origin = nextOrigin;
  nextOrigin += length;
  return origin;
}

/** Notes `place`, which has four bytes; gives the place before it with the same hash, or less. */
function register(bytes: Uint8Array, place: number, origin: number): number {
  const word =
    (bytes[place]! << 24) |
    (bytes[place + 1]! << 16) |
    (bytes[place + 2]! << 8) |
    bytes[place + 3]!;
  const hash = Math.imul(word, hashFactor) >>> (32 - hashBits);
  const before = latest[hash]!;
  earlier[place & windowMask] = before;
  latest[hash] = place + origin;
  return before;
}

/** The longest repetition for `place` from `candidate` back to `first`, or 0. */
function longest(
  bytes: Uint8Array,
  place: number,
  candidate: number,
  first: number,
  origin: number,
): Token {
  const limit = Math.min(lengthMax, bytes.length - place);
  let length = lengthMin - 1;
  let token = 0;
  let decisive = bytes[place + length]!;
  let from = candidate;
  for (let tries = triesMax; tries > 0; tries -= 1) {
    if (bytes[from + length] === decisive) {
      let same = 0;
      while (same < limit && bytes[from + same] === bytes[place + same]) same += 1;
      const distance = place - from;
      if (same > length && (same > lengthMin || distance <= shortDistanceMax)) {
        length = same;
        token = (distance << tokenLengthBits) | same;
        if (same === limit) break;
        decisive = bytes[place + length]!;
      }
    }
    // One window back, the table has been written over.
    if (from === place - windowBytes) break;
    from = earlier[from & windowMask]! - origin;
    if (from < first) break;
  }
  return token;
}
