/**
 * File contents as a data URL (RFC 2397), in the shortest of three forms, chosen as the real Butane
 * chooses: percent-escaped; base64 if strictly shorter; gzip in base64 if, with four characters
 * added for the word `gzip`, it is still strictly shorter.
 */
import { gzipGo } from "../formats/deflate.ts";

export interface EncodedContents {
  readonly source: string;
  readonly gzipped: boolean;
}

/** Header and trailer of gzip, and the least that deflate needs. */
const gzipBytesMin = 18 + 5;
const gzipWordLength = "gzip".length;
const base64Marker = ";base64,";

/**
 * What was encoded last, by contents. Most files of a device are the same on every device, and
 * finding their shortest form costs more than everything else about them.
 */
const remembered = new Map<string, EncodedContents>();
const rememberedMax = 256;
const rememberedLengthMax = 4_096;

/** `mayGzip` is false where the writer has compressed the contents, or the version can't say so. */
export function encodeContents(contents: string | Buffer, mayGzip: boolean): EncodedContents {
  if (typeof contents !== "string" || contents.length > rememberedLengthMax) {
    return shortestForm(contents, mayGzip);
  }
  const key = `${mayGzip} ${contents}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const encoded = shortestForm(contents, mayGzip);
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(key, encoded);
  return encoded;
}

/**
 * What came out last: it needs no check of its form. A short list, because comparing a text is
 * cheap where the hash that a set needs reads all of it.
 */
const made: string[] = [];
const madeMax = 64;
const madeLengthMax = 16_384;
let nextMade = 0;

/** True only of data URLs from here; false also of those that were made long ago. */
export function isMadeHere(source: string): boolean {
  return source.length <= madeLengthMax && made.includes(source);
}

function shortestForm(contents: string | Buffer, mayGzip: boolean): EncodedContents {
  const encoded = encode(contents, mayGzip);
  if (encoded.source.length <= madeLengthMax) {
    made[nextMade] = encoded.source;
    nextMade = (nextMade + 1) % madeMax;
  }
  return encoded;
}

function encode(contents: string | Buffer, mayGzip: boolean): EncodedContents {
  const bytes = typeof contents === "string" ? utf8(contents) : contents;
  const base64Length = base64BodyLength(bytes.length);
  const isWorthIt = mayGzip && base64BodyLength(gzipBytesMin) + gzipWordLength < base64Length;
  const packed = isWorthIt ? gzipGo(bytes) : undefined;
  const gzipLength =
    packed === undefined ? Infinity : base64BodyLength(packed.length) + gzipWordLength;
  // The exact length takes a look at every byte; mostly the least possible one settles it.
  const escapedLengthMin = 1 + bytes.length;
  const escapedLength =
    gzipLength < escapedLengthMin ? escapedLengthMin : 1 + escapedLengthOf(bytes, base64Length);
  if (packed !== undefined && gzipLength < Math.min(escapedLength, base64Length)) {
    return { source: `data:${base64Marker}${base64(packed)}`, gzipped: true };
  }
  const body =
    base64Length < escapedLength ? `${base64Marker}${base64(bytes)}` : `,${escapeBytes(bytes)}`;
  return { source: `data:${body}`, gzipped: false };
}

/** Where a text is encoded whose bytes nobody keeps. */
const scratch = Buffer.allocUnsafeSlow(256 * 1024);
const utf8BytesMax = 3;

/** The bytes of a text, valid until the next call. */
function utf8(text: string): Buffer {
  if (text.length * utf8BytesMax > scratch.length) return Buffer.from(text, "utf8");
  return scratch.subarray(0, scratch.write(text, "utf8"));
}

function base64({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("base64");
}

/** Only the version without `compression` (fcos 1.0.0) writes every content in this form. */
export function escapedContents(contents: string | Buffer): string {
  return `data:,${escapeBytes(Buffer.from(contents))}`;
}

/** The characters that encodeURIComponent leaves are the unreserved ones of RFC 2396. */
const escapedBytes: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  const isUnreserved = byte < 128 && encodeURIComponent(character) === character;
  return isUnreserved ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

function escapeBytes(bytes: Buffer): string {
  let escaped = "";
  for (const byte of bytes) escaped += escapedBytes[byte];
  return escaped;
}

const escapedLengths = Uint8Array.from(escapedBytes, ({ length }) => length);

/** Exact up to `lengthMax`; at least that for what is longer. */
function escapedLengthOf(bytes: Buffer, lengthMax: number): number {
  let length = 0;
  // An index is worth several times the speed of an iterator here, and this sees every byte.
  for (let index = 0; index < bytes.length && length < lengthMax; index += 1) {
    length += escapedLengths[bytes[index] ?? 0] ?? 0;
  }
  return length;
}

/** Of so many bytes, with the marker before them. */
function base64BodyLength(bytes: number): number {
  return base64Marker.length + Math.ceil(bytes / 3) * 4;
}
