/**
 * The initramfs that the Linux kernel accepts: cpio archives one after another, each plain or
 * compressed, with zero bytes between and after them. A later file replaces an earlier one of the
 * same path.
 *
 * Read: plain, gzip, xz, zstd. Written: gzip, because it needs only Node, boots on every kernel of
 * Fedora CoreOS, and takes a hundredth of the time of xz for about the same size.
 * Not supported: lzma, which the kernel accepts and coreos-installer does not.
 */
import { FormatError } from "./bytes.ts";
import { cpioMagic, readCpio, writeCpio, wrongMagic } from "./cpio.ts";
import type { Files } from "./cpio.ts";
import { gzipGo } from "./deflate.ts";
import { gunzip, gzip, gzipMagic } from "./gzip.ts";
import { unxz, xzMagic } from "./xz.ts";
import { isZstd, unzstd } from "./zstd.ts";

/**
 * Writes one compressed archive of at most `lengthMax` bytes if possible, otherwise the shortest: the
 * caller checks its length. The bytes are the same on every machine. Searching for matches is slow,
 * so it is done only if the archive is too long without.
 */
export function packInitramfs(files: Files, lengthMax: number): Uint8Array {
  const archive = writeCpio(files);
  const quick = gzip(archive);
  if (quick.length <= lengthMax) return quick;
  const thorough = gzipGo(archive);
  return thorough.length < quick.length ? thorough : quick;
}

/** Reads every regular file. More than `lengthMax` bytes in all archives, unpacked, is an error. */
export function unpackInitramfs(bytes: Uint8Array, lengthMax: number): Files {
  const files = new Map<string, Uint8Array>();
  let remainingBytes = lengthMax;
  for (let offset = skipZeros(bytes, 0); offset < bytes.length;) {
    const rest = bytes.subarray(offset);
    const archive = unpackArchive(rest, remainingBytes);
    const content = readCpio(archive.bytes);
    for (const [path, data] of content.files) files.set(path, data);
    if (archive.consumedBytes === undefined) {
      offset += content.consumedBytes;
    } else {
      if (skipZeros(archive.bytes, content.consumedBytes) < archive.bytes.length) {
        throw new FormatError("A compressed cpio archive has other data after its trailer.", {
          reference: ["found trailing garbage inside compressed archive"],
        });
      }
      remainingBytes -= archive.bytes.length;
      offset += archive.consumedBytes;
    }
    offset = skipZeros(bytes, offset);
  }
  return files;
}

/** `consumedBytes` is undefined for a plain archive: its end is known only once it is read. */
function unpackArchive(
  bytes: Uint8Array,
  lengthMax: number,
): { readonly bytes: Uint8Array; readonly consumedBytes: number | undefined } {
  if (startsWith(bytes, gzipMagic)) {
    return saying("corrupt deflate stream", () => gunzip(bytes, lengthMax));
  }
  if (startsWith(bytes, xzMagic)) return saying("lzma data error", () => unxz(bytes, lengthMax));
  if (startsWith(bytes, [...Buffer.from(cpioMagic)])) return { bytes, consumedBytes: undefined };
  if (isZstd(bytes)) return saying("zstd data error", () => unzstd(bytes, lengthMax));
  const message =
    "Found data that is not a cpio archive, neither plain nor compressed with gzip, xz or zstd.";
  throw new FormatError(message, { reference: ["reading CPIO entry", wrongMagic] });
}

/** Adds the error of coreos-installer for a damaged compressed archive. */
function saying<Result>(reference: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { message, cause } = error;
    const inner = error.reference.length > 0 ? error.reference : [reference];
    throw new FormatError(message, { cause, reference: ["reading CPIO entry", ...inner] });
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/** An embed area is mostly zeros: many at once are compared ten times as fast as one by one. */
const zeros = Buffer.alloc(4_096);

/** The offset of the first byte that is not zero, from `offset` on. */
function skipZeros(bytes: Uint8Array, offset: number): number {
  let end = offset;
  while (zeros.equals(bytes.subarray(end, end + zeros.length))) end += zeros.length;
  while (bytes[end] === 0) end += 1;
  return end;
}
