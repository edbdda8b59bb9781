/** Files that are read at random offsets. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { atPath, OperationError } from "./operation-error.ts";

/** A file as edge/ reads bytes (its ByteSource). */
export interface FileSource {
  readonly size: number;
  /** Exactly `length` bytes at `offset`. */
  readonly read: (offset: number, length: number) => Uint8Array;
  readonly close: () => void;
}

/** @throws OperationError naming the path, even from later reads */
export function openFileSource(path: string): FileSource {
  const descriptor = atPath(path, () => openSync(path, "r"));
  return {
    size: atPath(path, () => fstatSync(descriptor).size),
    read: (offset, length) => atPath(path, () => readAt(descriptor, offset, length)),
    close: () => closeSync(descriptor),
  };
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
