/**
 * What every byte format here is read from and written to. Nothing in `edge/` touches a disk: the
 * command line implements `ByteSource` over an open file, and applies the patches.
 */

/** Bytes that are read at random places, such as an image of a gigabyte. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. Never called for a range outside of 0 to `size`. */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes that replace those at `offset`; nothing is inserted or removed. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A place inside of a source, in bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** What a decompressor made, and how many bytes of its input that took. */
export interface Unpacked {
  readonly bytes: Uint8Array;
  readonly consumedBytes: number;
}

/** Bytes that don't follow their format. The message says what was found, as a sentence. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  /**
   * What coreos-installer 0.27.0 says of the same, from the outermost context to the cause, for the
   * command that stands in for it; empty where it says nothing of its own.
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

/** How coreos-installer says that data ended before it should. */
export const endsEarly = "failed to fill whole buffer";

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** `extent` of `source`; a range outside of the source is an error that names `what`. */
export function readExtent(source: ByteSource, extent: Extent, what: string): Uint8Array {
  requireInside(source, extent, what);
  return source.read(extent.offset, extent.length);
}

/** Refuses an extent that is not wholly inside of the source. */
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
