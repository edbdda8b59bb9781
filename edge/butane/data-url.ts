/**
 * File contents as a data URL (RFC 2397), in the shortest of three forms, by the same rule as butane:
 * percent-escaped; base64 if strictly shorter; gzip in base64 if it is strictly shorter even with four
 * more characters, for the word `gzip`.
 */
import { gzipGo } from "../formats/deflate.ts";
import { bytesOfText, hasRawBytes } from "./raw-bytes.ts";

export interface EncodedContents {
  readonly source: string;
  readonly gzipped: boolean;
}

/** The header and trailer of gzip, and the shortest deflate stream. */
const gzipBytesMin = 18 + 5;
const gzipWordLength = "gzip".length;
const base64Marker = ";base64,";

/**
 * The latest results, by contents. Most files of a device are the same on every device, and finding
 * their shortest form costs more than the rest of their translation.
 */
const remembered = new Map<string, EncodedContents>();
const rememberedMax = 256;
const rememberedLengthMax = 4_096;

/** `mayGzip` is false if the contents are already compressed, or the version has no `compression`. */
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
 * The latest URLs that were made here, which need no check. The list is short: comparing texts is cheap,
 * but a set would hash every text completely.
 */
const made: string[] = [];
const madeMax = 64;
const madeLengthMax = 16_384;
let nextMade = 0;

/** Whether the URL is one of the latest that were made here. */
export function isMadeHere(source: string): boolean {
  return source.length <= madeLengthMax && made.includes(source);
}

/** The same, without the remembered results. */
export function shortestForm(contents: string | Buffer, mayGzip: boolean): EncodedContents {
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
  // The exact length needs every byte; mostly the minimum is enough to decide.
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

/** Reused for texts whose bytes are not kept. */
const scratch = Buffer.allocUnsafeSlow(256 * 1024);
const utf8BytesMax = 3;

/** The bytes of a text, valid until the next call. */
function utf8(text: string): Buffer {
  const isLong = text.length * utf8BytesMax > scratch.length;
  if (isLong || hasRawBytes(text)) return bytesOfText(text);
  return scratch.subarray(0, scratch.write(text, "utf8"));
}

function base64({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("base64");
}

/** The only form of the version without `compression` (fcos 1.0.0). */
export function escapedContents(contents: string | Buffer): string {
  const bytes = typeof contents === "string" ? bytesOfText(contents) : contents;
  return `data:,${escapeBytes(bytes)}`;
}

/** encodeURIComponent keeps the unreserved characters of RFC 2396. */
const escapedLengths = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return byte < 128 && encodeURIComponent(character) === character ? 1 : 3;
});
const hexDigits = Buffer.from("0123456789ABCDEF");
const percentSign = 0x25;

/** Collects bytes, because a text that grows by single characters is stored as a chain of them. */
function escapeBytes(bytes: Buffer): string {
  const escaped = Buffer.allocUnsafe(3 * bytes.length);
  let length = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (escapedLengths[byte] === 1) {
      escaped[length] = byte;
      length += 1;
    } else {
      escaped[length] = percentSign;
      escaped[length + 1] = hexDigits[byte >> 4] ?? 0;
      escaped[length + 2] = hexDigits[byte & 15] ?? 0;
      length += 3;
    }
  }
  return escaped.toString("latin1", 0, length);
}

/** Exact up to `lengthMax`; for longer results, at least `lengthMax`. */
function escapedLengthOf(bytes: Buffer, lengthMax: number): number {
  let length = 0;
  // An index is several times as fast as an iterator here, and this reads every byte.
  for (let index = 0; index < bytes.length && length < lengthMax; index += 1) {
    length += escapedLengths[bytes[index] ?? 0] ?? 0;
  }
  return length;
}

/** The length for `bytes` bytes, including the marker. */
function base64BodyLength(bytes: number): number {
  return base64Marker.length + Math.ceil(bytes / 3) * 4;
}
