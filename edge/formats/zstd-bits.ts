/** Bytes and bits of Zstandard: numbers are little endian, most streams of bits run backward. */
import { FormatError } from "./bytes.ts";

/** @param reference what the reference decoder says of it */
export function damaged(what: string, reference = "Data corruption detected"): FormatError {
  return new FormatError(`The zstd data is damaged: ${what}.`, { reference: [reference] });
}

export class Reader {
  readonly #bytes: Uint8Array;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(length: number): Uint8Array {
    if (this.offset + length > this.#bytes.length) {
      const reference = ["premature EOF reading zstd frame"];
      throw new FormatError("The zstd data ends too early.", { reference });
    }
    this.offset += length;
    return this.#bytes.subarray(this.offset - length, this.offset);
  }

  /** Zero for no bytes; of eight bytes, above 2^53, it only has to be too large. */
  number(length: number): number {
    let value = 0;
    for (const [index, byte] of this.take(length).entries()) value += byte * 2 ** (8 * index);
    return value;
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.offset);
  }
}

/** The `count` bits, at most 25, from the bit `position` on; outside of the bytes all are zero. */
export function bitsAt(bytes: Uint8Array, position: number, count: number): number {
  const index = position >> 3;
  const word =
    (bytes[index] ?? 0) |
    ((bytes[index + 1] ?? 0) << 8) |
    ((bytes[index + 2] ?? 0) << 16) |
    ((bytes[index + 3] ?? 0) << 24);
  return (word >>> (position & 7)) & ((1 << count) - 1);
}

/** Bits from the end to the start; a one marks where they begin. */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  /** How many bits are left; less than zero when more were read than there are. */
  remaining: number;

  constructor(bytes: Uint8Array) {
    const last = bytes.at(-1) ?? 0;
    if (last === 0) throw damaged("a stream of bits has no start");
    this.#bytes = bytes;
    this.remaining = (bytes.length - 1) * 8 + floorLog2(last);
  }

  /** At most 25 bits; zeros where there are no more. */
  read(count: number): number {
    this.remaining -= count;
    return bitsAt(this.#bytes, this.remaining, count);
  }

  /** The next bits, which stay. */
  peek(count: number): number {
    return bitsAt(this.#bytes, this.remaining - count, count);
  }
}

/** Of a positive number below 2^31. */
export function floorLog2(value: number): number {
  return 31 - Math.clz32(value);
}
