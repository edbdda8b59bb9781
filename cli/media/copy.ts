/**
 * Copies of a large file with the least disk and time that the file system allows:
 *
 * - shared: the copy shares the base's blocks (btrfs, xfs, APFS) and takes nothing;
 * - data: the base has holes, and the copy gets the same ones: only what is not zero is written;
 * - whole: everything is written.
 *
 * What is written goes past the page cache where that is possible: a gigabyte takes half of the
 * processor's time that copy_file_range takes (measured on ext4), pushes nothing else out of the
 * memory, and is on the disk when it is done. Copies that are made at the same time share the
 * reading, which is the other half of the work. Where it is not possible Node copies, which asks
 * Linux for copy_file_range.
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
import { isUnsupported, openDirect } from "./direct.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import { sharedScan, type SharedScan } from "./image-scan.ts";

export interface CopyPlan {
  /** Path of what is copied. */
  readonly base: string;
  readonly sizeBytes: number;
  readonly method: "shared" | "data" | "whole";
  /** Reads what is written, once for all who copy at the same time; the rest is zero. */
  readonly scan: SharedScan;
  /** What a copy takes on the disk, without what is patched into it. */
  readonly copyBytes: number;
}

const bufferBytes = 1_048_576;

/** Runs of zeros shorter than this are copied: file systems keep no smaller holes worth having. */
const blockBytes = 65_536;

/** A file of this many fewer bytes on disk than in length has holes that are worth keeping. */
const holesBytesMin = 16 * blockBytes;

/** Finds out how copies of `base` into `folder` are made: once, for all of them. */
export function planCopies(base: string, folder: string): CopyPlan {
  const descriptor = atPath(base, () => openSync(base, "r"));
  try {
    const { size, blocks } = atPath(base, () => fstatSync(descriptor));
    const scan = sharedScan(base, [{ offset: 0, length: size }]);
    const plan = { base, sizeBytes: size, scan, copyBytes: size };
    if (sharesBlocks(base, folder)) return { ...plan, method: "shared", copyBytes: 0 };
    // Windows says nothing about blocks.
    if (blocks === undefined || size - blocks * 512 < holesBytesMin) {
      return { ...plan, method: "whole" };
    }
    const data = atPath(base, () => [...dataExtents(descriptor, size)]);
    const copyBytes = data.reduce((sum, { length }) => sum + length, 0);
    return { ...plan, method: "data", scan: sharedScan(base, data), copyBytes };
  } finally {
    closeSync(descriptor);
  }
}

/** Is told how many bytes more are copied. */
export type CopyProgress = (bytes: number) => void;

/** Makes the file `target`, which is not there yet. Copies of one plan share its reading. */
export async function copyBase(
  plan: CopyPlan,
  target: string,
  onBytes: CopyProgress = () => {},
): Promise<void> {
  if (plan.method === "shared") {
    await copyFile(plan.base, target, constants.COPYFILE_FICLONE);
  } else if (!(await copiedPastCache(plan, target, onBytes))) {
    if (plan.method === "whole") await copyFile(plan.base, target);
    else await copyData(plan, await open(target, "wx", 0o600), onBytes);
  }
}

/** False where the file system knows no way past the page cache; there is no file then. */
async function copiedPastCache(
  plan: CopyPlan,
  target: string,
  onBytes: CopyProgress,
): Promise<boolean> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const file = await openDirect(target, flags, 0o600);
  if (file === undefined) {
    // Some file systems make the file before they refuse.
    rmSync(target, { force: true });
    return false;
  }
  try {
    await copyData(plan, file, onBytes);
    return true;
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    rmSync(target, { force: true });
    return false;
  }
}

/** Only trying tells: it takes two file systems that can, and that are one. */
function sharesBlocks(base: string, folder: string): boolean {
  const trial = join(folder, `.share.${process.pid}.tmp`);
  atPath(folder, () => mkdirSync(trial, { recursive: true, mode: 0o700 }));
  try {
    copyFileSync(base, join(trial, "copy"), constants.COPYFILE_FICLONE_FORCE);
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

/** Copies the base's data in whole pages, as O_DIRECT wants them, and closes the copy. */
async function copyData(
  { scan, sizeBytes }: CopyPlan,
  to: FileHandle,
  onBytes: CopyProgress,
): Promise<void> {
  try {
    await to.truncate(sizeBytes);
    await scan.forEach(async (pages, offset) => {
      for (let done = 0; done < pages.length;) {
        done += (await to.write(pages, done, pages.length - done, offset + done)).bytesWritten;
      }
      onBytes(Math.min(pages.length, sizeBytes - offset));
    });
    // The last page may have gone over the end.
    await to.truncate(sizeBytes);
  } finally {
    await to.close();
  }
}
