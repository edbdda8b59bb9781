/**
 * The decoder of the Zstandard format (RFC 8878), which the kernel and coreos-installer take for an
 * initramfs. Each frame's checksum and length are verified where it has them.
 *
 * Not supported: dictionaries. There is no encoder: gzip boots as well. Node has a decoder from
 * version 22.15 only; the one for JavaScript that was tried, fzstd, verifies no checksum and can be
 * made to loop by damaged data.
 */
import { FormatError, uint32le } from "./bytes.ts";
import type { Unpacked } from "./bytes.ts";
import { History } from "./lzma.ts";
import { BlockDecoder } from "./zstd-block.ts";
import { damaged, Reader } from "./zstd-bits.ts";
import { xxhash64 } from "./xxhash64.ts";

const frameMagic = 0xfd2f_b528;
/** The last hexadecimal digit is free: sixteen kinds of frames that decoders skip. */
const skippableMagic = 0x184d_2a50;
const blockBytesMax = 131_072;
/** What the reference decoder takes unless it is told to take more. */
const windowBytesMax = 2 ** 27;
const flag = { contentSize: 0xc0, single: 0x20, reserved: 0x08, checksum: 0x04, dictionary: 0x03 };

/** What was found, and what the reference decoder says of it. */
const wrongChecksum = [
  "its checksum does not match",
  "Restored data doesn't match checksum",
] as const;
const reservedBit = ["its header has a reserved bit", "Unsupported frame parameter"] as const;

export function isZstd(bytes: Uint8Array): boolean {
  if (bytes.length < 5) return false;
  return uint32le(bytes, 0) === frameMagic || isSkippable(bytes);
}

function isSkippable(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && (uint32le(bytes, 0) & ~0x0f) >>> 0 === skippableMagic;
}

/**
 * Reads one frame after the other, as they are one content; other data may follow them. More than
 * `lengthMax` bytes unpacked is an error.
 */
export function unzstd(bytes: Uint8Array, lengthMax: number): Unpacked {
  const history = new History(lengthMax, "zstd");
  const reader = new Reader(bytes);
  while (isZstd(bytes.subarray(reader.offset))) {
    const skippable = isSkippable(bytes.subarray(reader.offset));
    reader.take(4);
    if (skippable) reader.take(reader.number(4));
    else readFrame(reader, history, lengthMax);
  }
  return { bytes: history.since(0), consumedBytes: reader.offset };
}

function readFrame(reader: Reader, history: History, lengthMax: number): void {
  const start = history.length;
  history.start = start;
  const { windowBytes, contentBytes, hasChecksum } = readFrameHeader(reader);
  if (contentBytes !== undefined && start + contentBytes > lengthMax) {
    throw new FormatError(`The zstd data holds more than ${lengthMax} bytes.`);
  }
  const sizeMax = Math.min(windowBytes, blockBytesMax);
  const decoder = new BlockDecoder(history, sizeMax);
  for (let isLast = false; !isLast;) {
    const header = reader.number(3);
    isLast = (header & 1) === 1;
    const size = header >>> 3;
    if (size > sizeMax) throw damaged("a block is larger than its frame allows");
    const type = (header >>> 1) & 3;
    if (type === 3) throw damaged("a block has a reserved type");
    if (type === 2) decoder.decode(reader.take(size));
    else {
      history.reserve(size);
      history.append(type === 0 ? reader.take(size) : filled(reader.number(1), size));
    }
  }
  const content = history.since(start);
  if (contentBytes !== undefined && content.length !== contentBytes) {
    throw damaged("a frame has another size than its header says");
  }
  if (!hasChecksum) return;
  const expected = Number(xxhash64(content) & 0xffff_ffffn);
  if (reader.number(4) !== expected) throw damaged(...wrongChecksum);
}

function filled(byte: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

interface FrameHeader {
  readonly windowBytes: number;
  readonly contentBytes: number | undefined;
  readonly hasChecksum: boolean;
}

function readFrameHeader(reader: Reader): FrameHeader {
  const flags = reader.number(1);
  if ((flags & flag.reserved) !== 0) throw damaged(...reservedBit);
  const isSingle = (flags & flag.single) !== 0;
  const window = isSingle ? 0 : reader.number(1);
  const dictionary = reader.number([0, 1, 2, 4][flags & flag.dictionary]!);
  if (dictionary !== 0)
    throw new FormatError("The zstd data needs a dictionary.", {
      reference: ["Dictionary mismatch"],
    });
  const sizeKind = (flags & flag.contentSize) >>> 6;
  const sizeBytes = sizeKind === 0 ? Number(isSingle) : 2 ** sizeKind;
  const size = reader.number(sizeBytes) + (sizeKind === 1 ? 256 : 0);
  const contentBytes = sizeBytes === 0 ? undefined : size;
  const base = 2 ** (10 + (window >>> 3));
  const windowBytes = isSingle ? size : base + (base / 8) * (window & 7);
  if (windowBytes > windowBytesMax) {
    const reference = ["Frame requires too much memory for decoding"];
    throw new FormatError(`The zstd data needs a window of ${windowBytes} bytes.`, { reference });
  }
  return { windowBytes, contentBytes, hasChecksum: (flags & flag.checksum) !== 0 };
}
