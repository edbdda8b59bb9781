/**
 * Zstandard frames (RFC 8878), which the kernel and coreos-installer accept for an initramfs, read
 * by Node's own decoder. It verifies checksums and sizes and limits the window to 128 MiB. Written
 * here is only what Node does not report: where a frame ends, and that it ends too early.
 *
 * Not supported: dictionaries, and Node before 22.15, which has no decoder. There is no encoder:
 * no tool writes embed areas in this format.
 */
import * as zlib from "node:zlib";
import { FormatError, uint32le } from "./bytes.ts";
import type { Unpacked } from "./bytes.ts";

const frameMagic = 0xfd2f_b528;
/** The last hexadecimal digit is arbitrary: decoders skip sixteen kinds of frames. */
const skippableMagic = 0x184d_2a50;
const flag = { single: 0x20, checksum: 0x04, dictionary: 0x03 };

/** Undefined in Node 20. The types are those of Node 20. */
const { zstdDecompressSync } = zlib as {
  readonly zstdDecompressSync?: (
    bytes: Uint8Array,
    options: { readonly maxOutputLength: number },
  ) => Uint8Array;
};

/** Whether this Node can read the format. */
export const canReadZstd = zstdDecompressSync !== undefined;

export function isZstd(bytes: Uint8Array): boolean {
  if (bytes.length < 5) return false;
  return uint32le(bytes, 0) === frameMagic || isSkippable(bytes);
}

function isSkippable(bytes: Uint8Array): boolean {
  return (uint32le(bytes, 0) & ~0x0f) >>> 0 === skippableMagic;
}

/**
 * Reads consecutive frames into one output; other data may follow them. More than `lengthMax` bytes
 * unpacked is an error.
 */
export function unzstd(bytes: Uint8Array, lengthMax: number): Unpacked {
  const contents: Uint8Array[] = [];
  let remainingBytes = lengthMax;
  let offset = 0;
  while (isZstd(bytes.subarray(offset))) {
    const frame = bytes.subarray(offset);
    const end = isSkippable(frame) ? skippableEnd(frame) : frameEnd(frame);
    if (!isSkippable(frame)) {
      // Also for a frame that ends too early: an error before its end is the better message.
      const content = decompress(frame.subarray(0, end), remainingBytes, lengthMax);
      remainingBytes -= content.length;
      contents.push(content);
    }
    if (end === undefined) {
      const reference = ["premature EOF reading zstd frame"];
      throw new FormatError("The zstd data ends too early.", { reference });
    }
    offset += end;
  }
  return { bytes: Buffer.concat(contents), consumedBytes: offset };
}

/** Undefined if the data ends before the frame does. */
function skippableEnd(bytes: Uint8Array): number | undefined {
  const end = bytes.length < 8 ? Infinity : 8 + uint32le(bytes, 4);
  return end <= bytes.length ? end : undefined;
}

/** Undefined if the data ends before the frame does. */
function frameEnd(bytes: Uint8Array): number | undefined {
  const flags = bytes[4] ?? 0;
  const isSingle = (flags & flag.single) !== 0;
  const sizeKind = flags >>> 6;
  const sizeBytes = sizeKind === 0 ? Number(isSingle) : 2 ** sizeKind;
  let end = 5 + Number(!isSingle) + [0, 1, 2, 4][flags & flag.dictionary]! + sizeBytes;
  for (let isLast = false; !isLast;) {
    if (end + 3 > bytes.length) return undefined;
    const header = bytes[end]! | (bytes[end + 1]! << 8) | (bytes[end + 2]! << 16);
    isLast = (header & 1) === 1;
    const isRepeatedByte = ((header >>> 1) & 3) === 1;
    end += 3 + (isRepeatedByte ? 1 : header >>> 3);
  }
  end += (flags & flag.checksum) === 0 ? 0 : 4;
  return end <= bytes.length ? end : undefined;
}

function decompress(frame: Uint8Array, remainingBytes: number, lengthMax: number): Uint8Array {
  if (zstdDecompressSync === undefined) {
    const message = "The data is compressed with zstd. Use Node 22.15 or later to read it.";
    throw new FormatError(message, { reference: [message] });
  }
  const tooLong = `The zstd data holds more than ${lengthMax} bytes.`;
  try {
    const content = zstdDecompressSync(frame, { maxOutputLength: Math.max(remainingBytes, 1) });
    if (content.length > remainingBytes) throw new FormatError(tooLong);
    return content;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ERR_BUFFER_TOO_LARGE") throw new FormatError(tooLong, { cause: error });
    if (!(error instanceof Error) || !code.startsWith("ZSTD_")) throw error;
    // Node and coreos-installer share the reference decoder, and so its messages.
    throw new FormatError(`The zstd data is damaged: ${error.message}.`, {
      cause: error,
      reference: [error.message],
    });
  }
}
