/** Files that are read at random offsets. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "../../edge/formats/bytes.ts";
import { atPath, OperationError } from "../../fleet/files/operation-error.ts";
import { pieceBytes } from "./direct-io.ts";

export interface FileSource extends ByteSource {
  readonly close: () => void;
}

/** @throws OperationError naming the path, also from later reads */
export function openFileSource(path: string): FileSource {
  const descriptor = atPath(path, () => openSync(path, "r"));
  return {
    size: atPath(path, () => fstatSync(descriptor).size),
    read: (offset, length) => atPath(path, () => readAt(descriptor, offset, length)),
    close: () => closeSync(descriptor),
  };
}

/** The whole source, a piece at a time. */
export function* chunksOf(source: ByteSource): Generator<Uint8Array> {
  for (let offset = 0; offset < source.size; offset += pieceBytes) {
    yield source.read(offset, Math.min(pieceBytes, source.size - offset));
  }
}

/** Reads exactly `length` bytes at `offset`. */
export function readAt(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, bytes, done, length - done, offset + done);
    if (count === 0) throw new OperationError("the file became shorter while it was read");
    done += count;
  }
  return bytes;
}
