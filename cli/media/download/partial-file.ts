/**
 * A file that is downloaded in part. It survives an interruption. Its hashes are updated with every
 * write, so that the file need not be read again at the end.
 */
import { createHash, type Hash } from "node:crypto";
import { closeSync, constants, existsSync, fsyncSync, ftruncateSync, openSync } from "node:fs";
import { readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { writeFileAtomically } from "../../../fleet/files/atomic-file.ts";

export interface PartialFile {
  readonly path: string;
  /** Bytes so far. */
  readonly size: number;
  /** Whether its bytes came in several replies, which may be of different files. */
  readonly hasSeveralReplies: boolean;
  /** The server's ETag or date of the file, for `If-Range`. */
  readonly validator: string | undefined;
  append(bytes: Uint8Array): void;
  /** Call it before bytes of a further reply. */
  startReply(): void;
  /** Removes all bytes; the next ones are the first of the file. */
  restart(): void;
  /** Keeps the validator for the next run; undefined removes it. */
  keepValidator(validator: string | undefined): void;
  /** The hash of all bytes so far. @param name as in `createHash` */
  hash(name: string): Hash;
  /** Waits until the bytes are on the disk, and closes the file. */
  finish(): void;
  close(): void;
  /** Removes it from the disk. */
  remove(): void;
}

const readOrNew = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
const readLength = 1 << 20;

/** @param hashNames the hashes that `hash` can return */
export function openPartialFile(path: string, hashNames: readonly string[]): PartialFile {
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
  let hasSeveralReplies = false;

  const close = () => {
    if (isOpen) closeSync(descriptor);
    isOpen = false;
  };
  return {
    path,
    get size() {
      return size;
    },
    get hasSeveralReplies() {
      return hasSeveralReplies;
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
    startReply() {
      hasSeveralReplies = true;
    },
    restart() {
      ftruncateSync(descriptor, 0);
      rmSync(validatorFile, { force: true });
      hashes = newHashes();
      size = 0;
      hasSeveralReplies = false;
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
