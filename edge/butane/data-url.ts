/**
 * File contents as a data URL (RFC 2397), in the shortest of three forms, chosen as the real Butane
 * chooses: percent-escaped; base64 if strictly shorter; gzip in base64 if, with four characters
 * added for the word `gzip`, it is still strictly shorter.
 *
 * Go's deflate and Node's never give the same bytes, so the bodies of gzipped contents differ from
 * the real tool's while their contents agree. Go ends its stream with an empty stored block of five
 * bytes, which is counted here; contents within a few bytes of the threshold may still be encoded
 * in the other form.
 */
import { gzipSync } from "node:zlib";

export interface EncodedContents {
  readonly source: string;
  readonly gzipped: boolean;
}

/** Header and trailer of gzip, and the least that deflate needs. */
const gzipBytesMin = 18 + 2;
const goFinalBlockBytes = 5;
const gzipWordLength = "gzip".length;

/**
 * What was encoded last, by contents. Most files of a device are the same on every device, and
 * finding their shortest form costs more than everything else about them.
 */
const remembered = new Map<string, EncodedContents>();
const rememberedMax = 256;
const rememberedLengthMax = 4_096;

/** `mayGzip` is false where the writer has compressed the contents, or the version can't say so. */
export function encodeContents(contents: string, mayGzip: boolean): EncodedContents {
  if (contents.length > rememberedLengthMax) return shortestForm(contents, mayGzip);
  const key = `${mayGzip} ${contents}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const encoded = shortestForm(contents, mayGzip);
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(key, encoded);
  return encoded;
}

function shortestForm(contents: string, mayGzip: boolean): EncodedContents {
  const bytes = Buffer.from(contents, "utf8");
  const escapedLength = 1 + escapedLengthOf(bytes);
  const base64Marker = ";base64,";
  const base64Length = base64Marker.length + base64LengthOf(bytes.length);
  const plainLength = Math.min(escapedLength, base64Length);
  const gzipLength = (length: number) =>
    base64Marker.length + base64LengthOf(length) + gzipWordLength;
  if (mayGzip && gzipLength(gzipBytesMin) < plainLength) {
    const packed = gzipSync(bytes, { level: 9 });
    if (gzipLength(packed.length + goFinalBlockBytes) < plainLength) {
      return { source: `data:${base64Marker}${packed.toString("base64")}`, gzipped: true };
    }
  }
  const body =
    base64Length < escapedLength
      ? `${base64Marker}${bytes.toString("base64")}`
      : `,${escapeContents(contents)}`;
  return { source: `data:${body}`, gzipped: false };
}

/** Only the version without `compression` (fcos 1.0.0) writes every content in this form. */
export function escapedContents(contents: string): string {
  return `data:,${escapeContents(contents)}`;
}

/** The characters that encodeURIComponent leaves are the unreserved ones of RFC 2396. */
function escapeContents(contents: string): string {
  return encodeURIComponent(contents);
}

const unreserved: readonly boolean[] = Array.from(
  { length: 256 },
  (_, byte) => byte < 128 && encodeURIComponent(String.fromCharCode(byte)).length === 1,
);

function escapedLengthOf(bytes: Buffer): number {
  let length = 0;
  for (const byte of bytes) length += unreserved[byte] ? 1 : 3;
  return length;
}

function base64LengthOf(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
