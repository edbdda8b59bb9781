/** Images on disk: reading them at random places, and making them from a base and patches. */
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Writable } from "node:stream";
import type { ByteSource, Patch } from "../../edge/formats/bytes.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import { copyBase, type CopyPlan, type CopyProgress } from "./copy.ts";
import { pieceBytes } from "./direct.ts";
import { atPath, atPathAsync, OperationError } from "../../fleet/files/operation-error.ts";
import { removeStaleFiles } from "../../fleet/files/temporary-files.ts";
import { formatBytes } from "./download/progress.ts";
import { count } from "../terminal/session.ts";

/** A file that is open for reads at random places. */
export interface OpenSource extends ByteSource {
  readonly close: () => void;
}

/** @throws OperationError naming the path, also from later reads */
export function openSource(path: string): OpenSource {
  const descriptor = atPath(path, () => openSync(path, "r"));
  return {
    size: atPath(path, () => fstatSync(descriptor).size),
    read: (offset, length) => atPath(path, () => readAt(descriptor, offset, length)),
    close: () => closeSync(descriptor),
  };
}

/** Opens a file for reads at random places while `use` runs. */
export function withSource<Result>(path: string, use: (source: ByteSource) => Result): Result {
  const source = openSource(path);
  try {
    return use(source);
  } finally {
    source.close();
  }
}

/** The whole of a source, a piece at a time. */
export function* chunksOf(source: ByteSource): Generator<Uint8Array> {
  for (let offset = 0; offset < source.size; offset += pieceBytes) {
    yield source.read(offset, Math.min(pieceBytes, source.size - offset));
  }
}

/** Writes a source to a stream, as fast as its reader takes it. */
export async function streamImage(source: ByteSource, stream: Writable): Promise<void> {
  for (const chunk of chunksOf(source)) {
    // Called when the piece is out of our hands, so at most one is in memory.
    await new Promise<void>((resolve, reject) => {
      stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/**
 * Copies the plan's base to `output` with the patches written into it, mode 0600: it holds private
 * keys. The output appears whole or not at all, whenever the process is stopped; what it replaces
 * stays until then.
 */
export async function writeImage(
  plan: CopyPlan,
  output: string,
  patches: readonly Patch[],
  onBytes?: CopyProgress,
): Promise<void> {
  const folder = dirname(output);
  const name = basename(output);
  // A copy by the operating system has its base's mode until the copy is done. Nobody else can
  // enter this folder, so nobody else can open it then.
  const workshop = join(folder, `.${name}.${process.pid}.tmp`);
  const temporary = join(workshop, name);
  atPath(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  // A stopped run may have left a gigabyte.
  removeStaleFiles(folder, (target) => target === name);
  try {
    await atPathAsync(output, async () => {
      // In a container every run has the same process id.
      rmSync(workshop, { recursive: true, force: true });
      mkdirSync(workshop, { mode: 0o700 });
      await copyBase(plan, temporary, onBytes);
      await finish(temporary, plan, patches);
      renameSync(temporary, output);
    });
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

/** @throws OperationError where the images would not fit into the folder's file system */
export function requireSpace(folder: string, neededBytes: number, images: number): void {
  const { bavail, bsize } = atPath(folder, () => statfsSync(folder));
  const freeBytes = bavail * bsize;
  if (neededBytes <= freeBytes) return;
  throw new OperationError(
    `${count(images, "image")} would take ${formatBytes(neededBytes)} in ${folder}, and ` +
      `${formatBytes(freeBytes)} are free. Make fewer at a time, free some space, work on a file ` +
      "system that shares blocks between files (btrfs, xfs, APFS), or write devices without a " +
      "file between: flotilla flash, flotilla image --stdout",
  );
}

/** @throws InputError where the path is no plain file */
export function requireFile(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile()) return;
  const found = status === undefined ? "there is no such file" : "this is not a file";
  const message = `${found}. Give the path of a Fedora CoreOS live ISO that you downloaded`;
  throw new InputError([{ file: path, message }]);
}

/** Patches the copy, reads back what it wrote, and waits until all of it is on the disk. */
async function finish(path: string, plan: CopyPlan, patches: readonly Patch[]): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.chmod(0o600);
    const { size } = await file.stat();
    if (size !== plan.sizeBytes) throw new OperationError(`${plan.base} changed while it was read`);
    for (const { offset, bytes } of patches) await writeAll(file, bytes, offset);
    for (const { offset, bytes } of patches) {
      const written = readAt(file.fd, offset, bytes.length);
      if (!Buffer.from(written.buffer).equals(bytes))
        throw new OperationError(`${path} reads back other bytes`);
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

function readAt(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const got = readSync(descriptor, bytes, done, length - done, offset + done);
    if (got === 0) throw new OperationError("the file became shorter while it was read");
    done += got;
  }
  return bytes;
}
