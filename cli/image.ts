/** Writes an image: a copy of a base with some of its bytes replaced. */
import { chmodSync, closeSync, constants, copyFileSync, fstatSync, fsyncSync } from "node:fs";
import { mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ByteSource, Patch } from "../edge/formats/bytes.ts";
import { InputError } from "../fleet/mistakes.ts";
import { atPath } from "./failures.ts";
import { removeLeftovers } from "./leftovers.ts";

/** Opens a file for reads at random places while `use` runs. */
export function withSource<Result>(path: string, use: (source: ByteSource) => Result): Result {
  const descriptor = atPath(path, () => openSync(path, "r"));
  try {
    const size = fstatSync(descriptor).size;
    return use({
      size,
      read: (offset, length) => atPath(path, () => readAt(descriptor, offset, length)),
    });
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Copies `base` to `output` with the patches written into it, mode 0600: it holds private keys. The
 * output appears whole or not at all. Where the file system can share blocks, the copy is free.
 *
 * @param verify looks at the patched copy before it gets its name, and throws if it is wrong
 */
export function writeImage(
  base: string,
  output: string,
  patches: readonly Patch[],
  verify: (source: ByteSource) => void,
): void {
  const folder = dirname(output);
  const name = basename(output);
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
  atPath(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  // A stopped run may have left a gigabyte.
  removeLeftovers(folder, (target) => target === name);
  try {
    atPath(output, () => {
      copyFileSync(base, temporary, constants.COPYFILE_FICLONE);
      // The copy has the base's mode, which may be read-only or open to all.
      chmodSync(temporary, 0o600);
      applyPatches(temporary, patches);
    });
    withSource(temporary, verify);
    atPath(output, () => renameSync(temporary, output));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** @throws InputError where the path is no plain file */
export function requireFile(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile()) return;
  const found = status === undefined ? "there is no such file" : "this is no file";
  const message = `${found}. Give the path of a Fedora CoreOS live ISO that you downloaded`;
  throw new InputError([{ file: path, message }]);
}

function applyPatches(path: string, patches: readonly Patch[]): void {
  const descriptor = openSync(path, "r+");
  try {
    for (const { offset, bytes } of patches) {
      let done = 0;
      while (done < bytes.length) {
        done += writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
      }
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readAt(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const got = readSync(descriptor, bytes, done, length - done, offset + done);
    if (got === 0) throw new Error("the file became shorter while it was read");
    done += got;
  }
  return bytes;
}
