/** Writes images: a copy of a live ISO with patches, into a file or a stream. */
import { existsSync, mkdirSync, renameSync, rmSync, statfsSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeFolder } from "../../fleet/files/folder.ts";
import type { ByteSource, Patch } from "../../edge/formats/bytes.ts";
import { atPath, atPathAsync, OperationError } from "../../fleet/files/operation-error.ts";
import { claimFiles } from "../../fleet/files/output-folder.ts";
import { removeStaleFiles } from "../../fleet/files/temporary-files.ts";
import { formatBytes } from "../terminal/progress.ts";
import { count, type ByteStream } from "../terminal/session.ts";
import { copyTo, type CopyProgress, type CopySource } from "./file-copy.ts";
import { readAt } from "../../fleet/files/file-source.ts";
import { chunksOf } from "./chunks.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

/** Writes a source to a stream, as fast as its reader takes it. */
export async function streamImage(source: ByteSource, stream: ByteStream): Promise<void> {
  for (const chunk of chunksOf(source)) {
    // The callback runs when the chunk is written, so at most one is in memory.
    await new Promise<void>((resolve, reject) => {
      stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/**
 * Copies a live ISO to `output` with the patches written into it, mode 0600: it contains private
 * keys. The output appears when it is complete; an older file at its path stays until then.
 */
export async function writeImage(
  iso: CopySource,
  output: string,
  patches: readonly Patch[],
  onBytes?: CopyProgress,
): Promise<void> {
  const folder = dirname(output);
  const name = basename(output);
  // A copy by the operating system has the mode of the ISO until it is complete. Only this user can
  // enter this folder, so nobody else can open it then.
  const temporaryFolder = join(folder, `.${name}.${process.pid}.tmp`);
  const temporary = join(temporaryFolder, name);
  atPath(folder, () => makeFolder(folder, 0o700));
  // A stopped run may have left a gigabyte.
  removeStaleFiles(folder, (target) => target === name);
  try {
    await atPathAsync(output, async () => {
      // In a container every run has the same process id.
      rmSync(temporaryFolder, { recursive: true, force: true });
      mkdirSync(temporaryFolder, { mode: 0o700 });
      await copyTo(iso, temporary, onBytes);
      await applyPatches(temporary, iso, patches);
      renameSync(temporary, output);
    });
  } finally {
    rmSync(temporaryFolder, { recursive: true, force: true });
  }
}

/** An image that will be written. */
export interface PlannedImage {
  /** Relative to the folder of all images. */
  readonly path: string;
  readonly source: Pick<CopySource, "copyBytes">;
}

/** What an image needs besides its copied data: the embed area, and the file system's records. */
const patchBytes = 1_048_576;

/**
 * Prepares a folder for images, before the first one is written.
 *
 * @param atOnce how many are written at the same time
 * @throws OperationError if they do not fit into its file system
 */
export function prepareImages(
  folder: string,
  images: readonly PlannedImage[],
  atOnce: number,
): void {
  requireSpace(folder, spaceFor(folder, images, atOnce), images.length);
  claimFiles(
    folder,
    images.map(({ path }) => path),
  );
}

/** An image that is replaced stays until the new one is complete; then its space is free. */
export function spaceFor(folder: string, images: readonly PlannedImage[], atOnce: number): number {
  const bytes = ({ source }: PlannedImage) => source.copyBytes + patchBytes;
  const isReplaced = ({ path }: PlannedImage) => existsSync(join(folder, path));
  const replaced = images
    .filter(isReplaced)
    .map(bytes)
    .toSorted((a, b) => b - a);
  const fresh = images.filter((image) => !isReplaced(image)).map(bytes);
  return [...fresh, ...replaced.slice(0, atOnce)].reduce((sum, each) => sum + each, 0);
}

/** @throws OperationError if the images do not fit into the folder's file system */
export function requireSpace(folder: string, neededBytes: number, images: number): void {
  const { bavail, bsize } = atPath(folder, () => statfsSync(folder));
  const freeBytes = bavail * bsize;
  if (neededBytes <= freeBytes) return;
  throw new OperationError(
    `${count(images, "image")} would take ${formatBytes(neededBytes)} in ${folder}, and ` +
      `${formatBytes(freeBytes)} are free. Make fewer at a time, free some space, use a file ` +
      "system that shares blocks between files (btrfs, xfs, APFS), or write devices without a " +
      `file: ${flotillaCommand("flash")}, ${flotillaCommand("image")} --stdout`,
  );
}

/** Patches the copy, reads the patches back, and waits until everything is on the disk. */
async function applyPatches(
  path: string,
  iso: CopySource,
  patches: readonly Patch[],
): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.chmod(0o600);
    const { size } = await file.stat();
    if (size !== iso.sizeBytes) throw new OperationError(`${iso.path} changed while it was read`);
    for (const { offset, bytes } of patches) await writeAll(file, bytes, offset);
    for (const { offset, bytes } of patches) {
      const written = readAt(file.fd, offset, bytes.length);
      if (!Buffer.from(written.buffer).equals(bytes)) {
        throw new OperationError(`${path} reads back other bytes`);
      }
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Writes all of `bytes` at `offset`. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}
