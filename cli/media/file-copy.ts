/**
 * Copies a large file with the least disk space and time that the file system allows:
 *
 * - shared: the copy shares the blocks of the source (btrfs, xfs, APFS) and takes no space;
 * - data: the source has holes, and the copy gets the same ones: only other bytes are written;
 * - whole: everything is written.
 *
 * Data is written without the page cache if possible: a gigabyte takes half of the CPU time of
 * copy_file_range (measured on ext4), evicts nothing else from memory, and is on the disk at the
 * end. Copies that are made at the same time share the reads, which are the other half of the work.
 * If it is not possible Node copies, which uses copy_file_range on Linux.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
} from "node:fs";
import { rmSync } from "node:fs";
import { copyFile, open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Extent } from "../../edge/formats/bytes.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import { isUnsupported, openDirect } from "./direct-io.ts";
import { sharedReader, type SharedReader } from "./shared-reader.ts";

/** A file, and how copies of it are made. */
export interface CopySource {
  readonly path: string;
  readonly sizeBytes: number;
  readonly method: "shared" | "data" | "whole";
  /** Reads the data to copy, once for all copies that are made at the same time. */
  readonly reader: SharedReader;
  /** Bytes that a copy takes on the disk. */
  readonly copyBytes: number;
}

const bufferBytes = 1_048_576;

/** Shorter runs of zeros are copied: smaller holes save nothing. */
const blockBytes = 65_536;

/** A file has holes worth keeping if it takes this many bytes less on disk than its length. */
const holesBytesMin = 16 * blockBytes;

/** Determines how copies of `path` into `folder` are made, once for all of them. */
export function copySource(path: string, folder: string): CopySource {
  const descriptor = atPath(path, () => openSync(path, "r"));
  try {
    const { size, blocks } = atPath(path, () => fstatSync(descriptor));
    const reader = sharedReader(path, [{ offset: 0, length: size }]);
    const source = { path, sizeBytes: size, reader, copyBytes: size };
    if (sharesBlocks(path, folder)) return { ...source, method: "shared", copyBytes: 0 };
    // Windows has no number of blocks.
    if (blocks === undefined || size - blocks * 512 < holesBytesMin) {
      return { ...source, method: "whole" };
    }
    const data = atPath(path, () => [...dataExtents(descriptor, size)]);
    const copyBytes = data.reduce((sum, { length }) => sum + length, 0);
    return { ...source, method: "data", reader: sharedReader(path, data), copyBytes };
  } finally {
    closeSync(descriptor);
  }
}

/** Called with the number of bytes copied since the last call. */
export type CopyProgress = (bytes: number) => void;

/** Makes the file `target`, which must not exist. Copies of one source share its reads. */
export async function copyTo(
  source: CopySource,
  target: string,
  onBytes: CopyProgress = () => {},
): Promise<void> {
  if (source.method === "shared") {
    await copyFile(source.path, target, constants.COPYFILE_FICLONE);
  } else if (!(await copiedWithoutCache(source, target, onBytes))) {
    if (source.method === "whole") await copyFile(source.path, target);
    else await copyData(source, await open(target, "wx", 0o600), onBytes);
  }
}

/** False if the file system can't write without the page cache; then there is no file. */
async function copiedWithoutCache(
  source: CopySource,
  target: string,
  onBytes: CopyProgress,
): Promise<boolean> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const file = await openDirect(target, flags, 0o600);
  if (file === undefined) {
    // Some file systems create the file before they refuse.
    rmSync(target, { force: true });
    return false;
  }
  try {
    await copyData(source, file, onBytes);
    return true;
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    rmSync(target, { force: true });
    return false;
  }
}

/** Tries it: both paths must be on one file system that supports it. */
function sharesBlocks(path: string, folder: string): boolean {
  const trial = join(folder, `.share.${process.pid}.tmp`);
  atPath(folder, () => mkdirSync(trial, { recursive: true, mode: 0o700 }));
  try {
    copyFileSync(path, join(trial, "copy"), constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
}

/** Neighbouring blocks that are not zero, as one extent each. */
function* dataExtents(descriptor: number, size: number): Generator<Extent> {
  const buffer = Buffer.allocUnsafe(bufferBytes);
  const zeros = Buffer.alloc(blockBytes);
  let start: number | undefined;
  for (let offset = 0; offset < size;) {
    const length = readSync(descriptor, buffer, 0, buffer.length, offset);
    if (length === 0) break;
    for (let block = 0; block < length; block += blockBytes) {
      const bytes = buffer.subarray(block, Math.min(block + blockBytes, length));
      const isZero = zeros.subarray(0, bytes.length).equals(bytes);
      if (!isZero) start ??= offset + block;
      if (isZero && start !== undefined) {
        yield { offset: start, length: offset + block - start };
        start = undefined;
      }
    }
    offset += length;
  }
  if (start !== undefined) yield { offset: start, length: size - start };
}

/** Copies the data in whole pages, as O_DIRECT requires, and closes the copy. */
async function copyData(
  { reader, sizeBytes }: CopySource,
  to: FileHandle,
  onBytes: CopyProgress,
): Promise<void> {
  try {
    await to.truncate(sizeBytes);
    await reader.forEach(async (pages, offset) => {
      for (let done = 0; done < pages.length;) {
        done += (await to.write(pages, done, pages.length - done, offset + done)).bytesWritten;
      }
      onBytes(Math.min(pages.length, sizeBytes - offset));
    });
    // The last page may extend the file beyond its end.
    await to.truncate(sizeBytes);
  } finally {
    await to.close();
  }
}
