/**
 * What the byte formats read from and write to. Nothing in `edge/` accesses a disk: the command line
 * implements `ByteSource` for an open file, and applies the patches.
 */

/** Bytes with random access, such as an image of a gigabyte. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. Never called for a range outside 0 to `size`. */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes that replace those at `offset`; nothing is inserted or removed. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A range of a source, in bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** The output of a decompressor, and how many bytes of its input it consumed. */
export interface Unpacked {
  readonly bytes: Uint8Array;
  readonly consumedBytes: number;
}

/** Bytes that do not follow their format. The message is a sentence that says what was found. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  /**
   * The error of coreos-installer 0.27.0 for the same input, from the outermost context to the
   * cause, which `flotilla iso` prints. Empty if it has none of its own.
   */
  readonly reference: readonly string[];

  constructor(
    message: string,
    options?: ErrorOptions & { readonly reference?: readonly string[] },
  ) {
    super(message, options);
    this.reference = options?.reference ?? [];
  }
}

/** The error of coreos-installer for data that ends too early. */
export const endsEarly = "failed to fill whole buffer";

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** Reads `extent` of `source`. A range outside the source is an error that names `what`. */
export function readExtent(source: ByteSource, extent: Extent, what: string): Uint8Array {
  requireInside(source, extent, what);
  return source.read(extent.offset, extent.length);
}

/** Throws if any part of the extent is outside the source. */
export function requireInside(source: ByteSource, extent: Extent, what: string): void {
  if (extent.offset + extent.length > source.size) {
    throw new FormatError(
      `${what} ends at byte ${extent.offset + extent.length}, ` +
        `after the end of the data at byte ${source.size}.`,
      { reference: [`reading ${extent.length} bytes at ${extent.offset}`, endsEarly] },
    );
  }
}

export function uint16le(bytes: Uint8Array, offset: number): number {
  return view(bytes).getUint16(offset, true);
}

export function uint32le(bytes: Uint8Array, offset: number): number {
  return view(bytes).getUint32(offset, true);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
