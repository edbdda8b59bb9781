/**
 * The decoder of the .xz format (its specification, version 1.2.1), with which coreos-installer
 * compresses embed areas. Every check is verified: headers, blocks, index and footer.
 *
 * Not supported: filters other than LZMA2 (the kernel supports no others for data either).
 * There is no encoder: gzip boots as well, and no xz encoder for Node is small, maintained and the
 * same on every platform.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { FormatError, uint32le } from "./bytes.ts";
import type { Unpacked } from "./bytes.ts";
import { crc64 } from "./crc64.ts";
import { History, LzmaDecoder } from "./lzma.ts";

export const xzMagic: readonly number[] = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const footerMagic: readonly number[] = [0x59, 0x5a];
const streamHeaderBytes = 12;
const footerBytes = 12;
const lzma2Filter = 0x21;
const blockFlag = { filters: 0x03, reserved: 0x3c, compressedSize: 0x40, uncompressedSize: 0x80 };

/** The check of a block's contents, by its number in the stream's flags. */
interface Check {
  readonly length: number;
  of(bytes: Uint8Array): Uint8Array;
}
const checks: ReadonlyMap<number, Check> = new Map<number, Check>([
  [0, { length: 0, of: () => new Uint8Array() }],
  [1, { length: 4, of: (bytes) => littleEndian(BigInt(crc32(bytes)), 4) }],
  [4, { length: 8, of: (bytes) => littleEndian(crc64(bytes), 8) }],
  [10, { length: 32, of: (bytes) => createHash("sha256").update(bytes).digest() }],
]);

/** What the index must say about a block. */
interface BlockRecord {
  readonly unpaddedBytes: number;
  readonly uncompressedBytes: number;
}

/** Reads one stream; data may follow it. More than `lengthMax` bytes unpacked is an error. */
export function unxz(bytes: Uint8Array, lengthMax: number): Unpacked {
  const reader = new Reader(bytes);
  const header = reader.take(streamHeaderBytes);
  const flags = header.subarray(6, 8);
  const check = checks.get((flags[1] ?? 0) & 0x0f);
  if (uint32le(header, 8) !== crc32(flags)) throw damaged("the checksum of its header is wrong");
  if (flags[0] !== 0 || check === undefined || (flags[1] ?? 0) > 0x0f) {
    throw new FormatError("The xz data has an unsupported kind of check.");
  }
  const history = new History(lengthMax);
  const records: BlockRecord[] = [];
  while (reader.peek() !== 0) records.push(readBlock(reader, check, history));
  const indexBytes = readIndex(reader, records);
  readFooter(reader, flags, indexBytes);
  return { bytes: history.since(0), consumedBytes: reader.offset };
}

function readBlock(reader: Reader, check: Check, history: History): BlockRecord {
  const start = reader.offset;
  const historyStart = history.length;
  const header = readBlockHeader(reader);
  const chunksStart = reader.offset;
  readLzma2(reader, history, header.dictionaryBytes);
  const compressedBytes = reader.offset - chunksStart;
  const bytes = history.since(historyStart);
  const agrees =
    compressedBytes === (header.compressedBytes ?? compressedBytes) &&
    bytes.length === (header.uncompressedBytes ?? bytes.length);
  if (!agrees) throw damaged("the size of a block differs from its header");
  const paddingBytes = reader.skipPadding(compressedBytes);
  if (Buffer.compare(reader.take(check.length), check.of(bytes)) !== 0) {
    throw damaged("the checksum of a block is wrong");
  }
  return {
    unpaddedBytes: reader.offset - start - paddingBytes,
    uncompressedBytes: bytes.length,
  };
}

function readBlockHeader(reader: Reader): {
  readonly dictionaryBytes: number;
  readonly compressedBytes: number | undefined;
  readonly uncompressedBytes: number | undefined;
} {
  const length = (reader.peek() + 1) * 4;
  const bytes = reader.take(length);
  const checked = bytes.subarray(0, length - 4);
  if (uint32le(bytes, length - 4) !== crc32(checked)) {
    throw damaged("the checksum of a block's header is wrong");
  }
  const header = new Reader(checked);
  const flags = header.take(2)[1] ?? 0;
  const compressedBytes = (flags & blockFlag.compressedSize) !== 0 ? header.number() : undefined;
  const uncompressedBytes =
    (flags & blockFlag.uncompressedSize) !== 0 ? header.number() : undefined;
  const isLzma2 =
    (flags & (blockFlag.filters | blockFlag.reserved)) === 0 &&
    header.number() === lzma2Filter &&
    header.number() === 1;
  if (!isLzma2) throw new FormatError("The xz data has a filter other than LZMA2.");
  const size = header.byte();
  if (size > 40) throw damaged("its dictionary has an unknown size");
  const dictionaryBytes = size === 40 ? 2 ** 32 - 1 : (2 | (size & 1)) * 2 ** ((size >> 1) + 11);
  if (header.rest().some((byte) => byte !== 0)) throw damaged("a block's header is too long");
  return { dictionaryBytes, compressedBytes, uncompressedBytes };
}

/** The chunks of LZMA2: stored or LZMA, each of at most 2 MiB, up to a zero byte. */
function readLzma2(reader: Reader, history: History, dictionaryBytes: number): void {
  const decoder = new LzmaDecoder(history, dictionaryBytes);
  let missing: "dictionary" | "properties" | undefined = "dictionary";
  for (let control = reader.byte(); control !== 0; control = reader.byte()) {
    if (control === 1 || control >= 0xe0) {
      history.start = history.length;
      missing = "properties";
    } else if (missing === "dictionary") {
      throw damaged("its first chunk depends on an earlier one");
    }
    if (control < 0x80) {
      if (control > 2) throw damaged("a chunk has an unknown kind");
      const length = reader.uint16be() + 1;
      history.reserve(length);
      history.append(reader.take(length));
      continue;
    }
    const length = ((control & 0x1f) << 16) + reader.uint16be() + 1;
    const compressedLength = reader.uint16be() + 1;
    if (control >= 0xc0) decoder.setProperties(reader.byte());
    else if (missing !== undefined) throw damaged("a chunk lacks its properties");
    if (control >= 0xa0) decoder.resetState();
    missing = undefined;
    history.reserve(length);
    decoder.decode(reader.take(compressedLength), length);
  }
}

/** Compares the index with the blocks that were read, and returns its length. */
function readIndex(reader: Reader, records: readonly BlockRecord[]): number {
  const start = reader.offset;
  reader.byte();
  let agrees = reader.number() === records.length;
  for (const record of records) {
    agrees &&= reader.number() === record.unpaddedBytes;
    agrees &&= reader.number() === record.uncompressedBytes;
  }
  if (!agrees) throw damaged("its index does not match its blocks");
  reader.skipPadding(reader.offset - start);
  const checksum = crc32(reader.since(start));
  if (uint32le(reader.take(4), 0) !== checksum) throw damaged("the checksum of its index is wrong");
  return reader.offset - start;
}

function readFooter(reader: Reader, flags: Uint8Array, indexBytes: number): void {
  const footer = reader.take(footerBytes);
  const agrees =
    uint32le(footer, 0) === crc32(footer.subarray(4, 10)) &&
    (uint32le(footer, 4) + 1) * 4 === indexBytes &&
    Buffer.compare(footer.subarray(8, 10), flags) === 0 &&
    footerMagic.every((byte, index) => footer[10 + index] === byte);
  if (!agrees) throw damaged("its footer is invalid");
}

/** Reads forwards. Reading past the end of the data is an error. */
class Reader {
  readonly #bytes: Uint8Array;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  peek(): number {
    const byte = this.#bytes[this.offset];
    if (byte === undefined) throw new FormatError("The xz data ends too early.");
    return byte;
  }

  byte(): number {
    const byte = this.peek();
    this.offset += 1;
    return byte;
  }

  uint16be(): number {
    return this.byte() * 256 + this.byte();
  }

  take(length: number): Uint8Array {
    if (this.offset + length > this.#bytes.length) {
      throw new FormatError("The xz data ends too early.");
    }
    this.offset += length;
    return this.#bytes.subarray(this.offset - length, this.offset);
  }

  /** A number with seven bits a byte, the lowest first. It is exact up to 2^53. */
  number(): number {
    let value = 0;
    for (let index = 0; index < 9; index += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) {
        if (byte === 0 && index > 0) break;
        return value;
      }
    }
    throw damaged("a number is not in its shortest form");
  }

  /** Skips zero bytes until `length` is a multiple of four, and returns how many. */
  skipPadding(length: number): number {
    const padding = this.take((4 - (length % 4)) % 4);
    if (padding.some((byte) => byte !== 0)) throw damaged("its padding is not zero");
    return padding.length;
  }

  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.offset);
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.offset);
  }
}

function littleEndian(value: bigint, length: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes.subarray(0, length);
}

function damaged(how: string): FormatError {
  return new FormatError(`The xz data is damaged: ${how}.`);
}
