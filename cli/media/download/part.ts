/**
 * The part of a file that has come so far. It survives a break, and its hashes grow with it, so that
 * the whole need not be read again at the end.
 */
import { createHash, type Hash } from "node:crypto";
import { closeSync, constants, existsSync, fsyncSync, ftruncateSync, openSync } from "node:fs";
import { readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { writeFileAtomically } from "../../../fleet/files/atomic-file.ts";

export interface Part {
  readonly path: string;
  /** Bytes so far. */
  readonly size: number;
  /** Whether it is put together from more than one reply: they may be of different files. */
  readonly isPieced: boolean;
  /** What the server called the file that this is a part of, for `If-Range`. */
  readonly validator: string | undefined;
  append(bytes: Uint8Array): void;
  /** The next bytes are from another reply than those before. */
  piece(): void;
  /** Forgets everything that came; the next bytes are the file's first. */
  restart(): void;
  /** Remembers what the server calls the file, or that it calls it nothing. */
  keepValidator(validator: string | undefined): void;
  /** The hash of what came, as `createHash(name)` would have it. */
  hash(name: string): Hash;
  /** Waits until the bytes are on the disk, and closes the file. */
  finish(): void;
  close(): void;
  /** Removes it from the disk. */
  remove(): void;
}

const readOrNew = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
const readLength = 1 << 20;

/** @param hashNames which hashes `hash` can give */
export function openPart(path: string, hashNames: readonly string[]): Part {
  const validatorFile = `${path}.validator`;
  const descriptor = openSync(path, readOrNew, 0o644);
  const newHashes = () => new Map(hashNames.map((name) => [name, createHash(name)]));
  let hashes = newHashes();
  const hashIn = (bytes: Uint8Array) => hashes.forEach((hash) => hash.update(bytes));
  let size = 0;
  let isOpen = true;

  const buffer = Buffer.allocUnsafe(readLength);
  for (;;) {
    const length = readSync(descriptor, buffer, 0, readLength, size);
    if (length === 0) break;
    hashIn(buffer.subarray(0, length));
    size += length;
  }
  let isPieced = false;

  const close = () => {
    if (isOpen) closeSync(descriptor);
    isOpen = false;
  };
  return {
    path,
    get size() {
      return size;
    },
    get isPieced() {
      return isPieced;
    },
    get validator() {
      return existsSync(validatorFile) ? readFileSync(validatorFile, "utf8") : undefined;
    },
    append(bytes) {
      let done = 0;
      while (done < bytes.length) {
        done += writeSync(descriptor, bytes, done, bytes.length - done, size + done);
      }
      hashIn(bytes);
      size += bytes.length;
    },
    piece() {
      isPieced = true;
    },
    restart() {
      ftruncateSync(descriptor, 0);
      rmSync(validatorFile, { force: true });
      hashes = newHashes();
      size = 0;
      isPieced = false;
    },
    keepValidator(validator) {
      if (validator === undefined) rmSync(validatorFile, { force: true });
      else writeFileAtomically(validatorFile, validator);
    },
    hash(name) {
      const hash = hashes.get(name);
      if (hash === undefined) throw new Error(`the hash ${name} was not asked for`);
      return hash.copy();
    },
    finish() {
      fsyncSync(descriptor);
      close();
      rmSync(validatorFile, { force: true });
    },
    close,
    remove() {
      close();
      rmSync(validatorFile, { force: true });
      rmSync(path, { force: true });
    },
  };
}
