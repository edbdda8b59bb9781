/**
 * gzip (RFC 1952) by node:zlib. Written here is only what node:zlib does not offer: the length of
 * one member, so that other data may follow it, and the same bytes on every machine.
 */
import { constants, crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import { FormatError, uint16le, uint32le } from "./bytes.ts";
import type { Unpacked } from "./bytes.ts";

export const gzipMagic: readonly number[] = [0x1f, 0x8b];

const headerBytes = 10;
const trailerBytes = 8;
const deflateMethod = 8;
const flag = { headerChecksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 };

/**
 * Compresses into one member, without a time, a name or an operating system in its header. It encodes
 * single bytes and no matches: which matches zlib finds depends on the processor and on the release
 * of Node.
 */
export function gzip(bytes: Uint8Array): Uint8Array {
  const header = [...gzipMagic, deflateMethod, 0, 0, 0, 0, 0, 2, 255];
  const strategy = constants.Z_HUFFMAN_ONLY;
  const body = deflateRawSync(bytes, { level: 9, memLevel: 9, strategy });
  const trailer = Buffer.alloc(trailerBytes);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length % 2 ** 32, 4);
  return Buffer.concat([Buffer.from(header), body, trailer]);
}

/** Reads one member; data may follow it. More than `lengthMax` bytes unpacked is an error. */
export function gunzip(bytes: Uint8Array, lengthMax: number): Unpacked {
  const start = bodyOffset(bytes);
  const { buffer, engine } = inflate(bytes.subarray(start), lengthMax);
  const end = start + engine.bytesWritten;
  if (end + trailerBytes > bytes.length) throw new FormatError("The gzip data ends too early.");
  const matches =
    uint32le(bytes, end) === crc32(buffer) && uint32le(bytes, end + 4) === buffer.length;
  if (!matches) throw new FormatError("The gzip data is damaged: its checksum does not match.");
  return { bytes: buffer, consumedBytes: end + trailerBytes };
}

interface Inflated {
  readonly buffer: Uint8Array;
  /** `bytesWritten` is how many bytes the decompressor consumed. */
  readonly engine: { readonly bytesWritten: number };
}

function inflate(bytes: Uint8Array, lengthMax: number): Inflated {
  try {
    const options = { info: true, maxOutputLength: Math.max(lengthMax, 1) };
    // The types do not say that `info` changes the result.
    return inflateRawSync(bytes, options) as unknown as Inflated;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw new FormatError(
      code === "ERR_BUFFER_TOO_LARGE"
        ? `The gzip data holds more than ${lengthMax} bytes.`
        : "The gzip data is damaged or ends too early.",
      { cause: error },
    );
  }
}

/** Where the member's header ends (RFC 1952 2.3). */
function bodyOffset(bytes: Uint8Array): number {
  const flags = bytes[3] ?? 0;
  if (bytes[2] !== deflateMethod || (flags & flag.reserved) !== 0) {
    throw new FormatError("The gzip data has a damaged header.");
  }
  let offset = headerBytes;
  if ((flags & flag.extra) !== 0 && offset + 2 <= bytes.length) {
    offset += 2 + uint16le(bytes, offset);
  }
  for (const text of [flag.name, flag.comment]) {
    if ((flags & text) === 0) continue;
    const end = bytes.indexOf(0, offset);
    offset = end < 0 ? bytes.length : end + 1;
  }
  if ((flags & flag.headerChecksum) !== 0) offset += 2;
  if (offset >= bytes.length) throw new FormatError("The gzip data ends within its header.");
  return offset;
}
