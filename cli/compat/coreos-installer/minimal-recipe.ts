/**
 * The recipe of a minimal ISO, in the file `COREOS/MINISO.DAT` of a full one: the files that both
 * have, and the rest of the minimal one, compressed with xz. Numbers are little-endian with variable
 * length (bincode 1). Observed with coreos-installer 0.27.0.
 */
import { FormatError } from "../../../edge/formats/bytes.ts";
import type { ByteSource, Extent } from "../../../edge/formats/bytes.ts";
import { unxz } from "../../../edge/formats/xz.ts";

export interface MinimalRecipe {
  /** The pieces of the minimal image, in their order. */
  readonly pieces: readonly (Uint8Array | Extent)[];
  /** SHA-256 of the minimal image. */
  readonly digest: Uint8Array;
}

const magic = "MINISO\0\0";
const version = 1;
const sectorBytes = 2_048;
const entriesMax = 10_000;
/** The limit for everything but the files. Real images have a few megabytes of it. */
const unpackedBytesMax = 128 * 1_048_576;

export function readMinimalRecipe(bytes: Uint8Array): MinimalRecipe {
  const reader = new Reader(bytes);
  if (Buffer.from(reader.take(magic.length)).toString("latin1") !== magic) {
    throw damaged("it is not a recipe", "not a miniso file!");
  }
  const found = reader.number();
  if (found !== version) {
    throw damaged(`its version is ${found}`, `incompatible miniso file version: 1 vs ${found}`);
  }
  reader.take(reader.number());
  const count = reader.number();
  if (count > entriesMax) throw damaged(`it has ${count} files`);
  const entries = Array.from({ length: count }, () => ({
    minimal: reader.number() * sectorBytes,
    full: reader.number() * sectorBytes,
    length: reader.number(),
  }));
  const digest = reader.take(32);
  const packed = reader.take(reader.number());
  const rest = unxz(packed, unpackedBytesMax).bytes;
  const pieces: (Uint8Array | Extent)[] = [];
  let offset = 0;
  let used = 0;
  for (const { minimal, full, length } of entries) {
    if (minimal < offset) throw damaged("two of its files overlap");
    const gap = rest.subarray(used, used + minimal - offset);
    if (gap.length < minimal - offset) throw damaged("it ends too early");
    used += gap.length;
    pieces.push(gap, { offset: full, length });
    offset = minimal + length;
  }
  pieces.push(rest.subarray(used));
  return { pieces, digest };
}

/** The concatenated pieces. A piece of the full image is read when it is needed. */
export function composedSource(
  full: ByteSource,
  pieces: readonly (Uint8Array | Extent)[],
): ByteSource {
  const starts: number[] = [];
  let size = 0;
  for (const piece of pieces) {
    starts.push(size);
    size += piece.length;
  }
  return {
    size,
    read(offset, length) {
      const result = new Uint8Array(length);
      for (const [index, piece] of pieces.entries()) {
        const start = starts[index] ?? 0;
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + piece.length);
        if (from >= to) continue;
        const bytes =
          piece instanceof Uint8Array
            ? piece.subarray(from - start, to - start)
            : full.read(piece.offset + from - start, to - from);
        result.set(bytes, from - offset);
      }
      return result;
    },
  };
}

/** Reads consecutive numbers and bytes. */
class Reader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw damaged("it ends too early");
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  /** One byte up to 250; a larger byte says how many bytes follow: 2, 4 or 8. */
  number(): number {
    const [first = 0] = this.take(1);
    if (first <= 250) return first;
    const length = { 251: 2, 252: 4, 253: 8 }[first];
    if (length === undefined) throw damaged("it has an invalid number");
    const number = Buffer.from(this.take(length)).reduceRight((sum, byte) => sum * 256 + byte, 0);
    if (!Number.isSafeInteger(number)) throw damaged("it has a number that is too large");
    return number;
  }
}

function damaged(how: string, reference?: string): FormatError {
  const message = `The recipe of the minimal image is damaged: ${how}.`;
  return new FormatError(message, { reference: [reference ?? message] });
}
