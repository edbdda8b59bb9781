/**
 * Writes an image to a disk and reads it back from there.
 *
 * The disk is opened exclusively, which the kernel refuses for a disk in use, even if that began after
 * the inspection. Writing waits for the disk every few megabytes, so that the progress is that of the
 * disk, not of the page cache. Reading back avoids the page cache (O_DIRECT), so that the compared
 * bytes come from the disk.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import type { ByteSource } from "../../edge/formats/bytes.ts";
import { InputError } from "../../fleet/grammar/mistakes.ts";
import type { BaseOptions } from "./live-iso.ts";
import { withDeviceImage } from "./device-image.ts";
import type { SiteContents, SiteFilter } from "./site-group.ts";
import { withSiteImage } from "./site-image.ts";
import { deviceNumber, inspectDisk, runningKernel, type Disk, type Kernel } from "./disk.ts";
import { aligned, openDirect, withPiece } from "./direct-io.ts";
import { formatBytes, progressMeter } from "../terminal/progress.ts";
import { atPathAsync, OperationError } from "../../fleet/files/operation-error.ts";
import { chunksOf } from "./chunks.ts";
import { writeAll } from "./image-writer.ts";
import type { Session } from "../terminal/session.ts";
import { secondsSince } from "../project/synthesis.ts";
import { flotillaCommand } from "../../fleet/model/advised-commands.ts";

export interface FlashOptions extends BaseOptions {
  /** Erase without asking. @default false */
  readonly yes?: boolean;
}

/** What was written. */
export interface Flashed {
  readonly disk: Disk;
  readonly bytes: number;
  /** SHA-256 of the written bytes, in hexadecimal; the bytes read back have the same. */
  readonly sha256: string;
  /** Whether the bytes were read from the disk itself, not from the page cache. */
  readonly readFromDisk: boolean;
  readonly seconds: number;
}

/** Bytes that are written before waiting for the disk; a multiple of the piece size. */
const unsyncedBytesMax = 16 * 1_048_576;

/**
 * Erases `target` and makes it the installation medium of a device.
 *
 * @throws InputError if the target must not be erased, OperationError if the user does not agree, or
 *   the disk fails
 */
export async function flashDevice(
  fleetFile: string,
  device: string,
  target: string,
  options: FlashOptions,
  session: Session,
  kernel: Kernel = runningKernel,
): Promise<Flashed & { readonly device: string }> {
  const erase = consentedErasure(target, options, session, kernel);
  return withDeviceImage(fleetFile, device, options, session, async ({ source }) => ({
    device,
    ...(await erase(source)),
  }));
}

/**
 * The same with the image of a site.
 *
 * @throws InputError also if the devices have two architectures
 */
export async function flashSite(
  fleetFile: string,
  filter: SiteFilter,
  target: string,
  options: FlashOptions,
  session: Session,
  kernel: Kernel = runningKernel,
): Promise<Flashed & SiteContents> {
  const erase = consentedErasure(target, options, session, kernel);
  return withSiteImage(fleetFile, filter, options, session, async ({ contents, source }) => ({
    ...contents,
    ...(await erase(source)),
  }));
}

/** Inspects the disk first; what it returns asks the user and writes an image. */
function consentedErasure(
  target: string,
  options: FlashOptions,
  session: Session,
  kernel: Kernel,
): (image: ByteSource) => Promise<Flashed> {
  requireLinux(target);
  const start = performance.now();
  const disk = inspectDisk(target, kernel);
  if (!options.yes && !session.ask) {
    throw new OperationError(
      `${target} would be erased, and there is no terminal to ask. Add --yes if you are sure`,
    );
  }
  return async (image) => {
    requireRoom(target, disk, image.size);
    session.progress(formatDisk(disk));
    if (!options.yes) await requireConsent(disk, session);
    const { sha256, readFromDisk } = await writeToDisk(image, disk, session);
    return { disk, bytes: image.size, sha256, readFromDisk, seconds: secondsSince(start) };
  };
}

function requireLinux(target: string): void {
  if (process.platform === "linux") return;
  throw new OperationError(
    `flash works on Linux only, and this is ${process.platform}. Make the image and write it with ` +
      `a tool of this system: ${flotillaCommand("image")} <device>, then for example dd of=${target}`,
  );
}

function requireRoom(target: string, disk: Disk, neededBytes: number): void {
  if (disk.sizeBytes >= neededBytes) return;
  const message =
    `this disk has ${formatBytes(disk.sizeBytes)}, and the image has ${formatBytes(neededBytes)}. ` +
    "Use a larger one";
  throw new InputError([{ file: target, message }]);
}

/** The disk that will be erased, for the user to recognise. */
export function formatDisk({ path, model, serial, sizeBytes }: Disk): string {
  return [
    "This disk will be erased:",
    `  disk     ${path}`,
    `  model    ${model ?? "(unknown)"}`,
    `  size     ${formatBytes(sizeBytes)}`,
    `  serial   ${serial ?? "(unknown)"}`,
  ].join("\n");
}

async function requireConsent({ name }: Disk, session: Session): Promise<void> {
  const answer = (await session.ask?.(`Type ${name} to erase it: `)) ?? "";
  if (answer.trim() === name || answer.trim() === `/dev/${name}`) return;
  throw new OperationError("nothing was written");
}

async function writeToDisk(
  source: ByteSource,
  disk: Disk,
  session: Session,
): Promise<Pick<Flashed, "sha256" | "readFromDisk">> {
  return atPathAsync(disk.path, async () => {
    const file = await open(disk.path, constants.O_RDWR | constants.O_EXCL);
    try {
      const { rdev } = await file.stat();
      if (deviceNumber(rdev) !== disk.number) {
        throw new OperationError(`${disk.path} became another device; nothing was written`);
      }
      const sha256 = await writeSource(source, file, `writing ${disk.name}`, session);
      const readFromDisk = await compareDisk(
        source,
        disk.path,
        `reading ${disk.name} back`,
        session,
      );
      return { sha256, readFromDisk };
    } finally {
      session.redraw?.("");
      await file.close();
    }
  });
}

/** Returns the SHA-256 of the written bytes. */
async function writeSource(
  source: ByteSource,
  file: FileHandle,
  title: string,
  session: Session,
): Promise<string> {
  const meter = progressMeter(title, session, () => performance.now());
  const hash = createHash("sha256");
  let done = 0;
  let unsynced = 0;
  for (const chunk of chunksOf(source)) {
    await writeAll(file, chunk, done);
    hash.update(chunk);
    done += chunk.length;
    unsynced += chunk.length;
    if (unsynced >= unsyncedBytesMax || done === source.size) {
      await file.datasync();
      unsynced = 0;
      meter.report(done, source.size);
    }
  }
  return hash.digest("hex");
}

/**
 * Compares a disk with the source; returns whether the bytes came from the disk itself.
 *
 * @throws OperationError with the first byte that differs
 */
export async function compareDisk(
  source: ByteSource,
  path: string,
  title: string,
  session: Pick<Session, "progress" | "redraw">,
): Promise<boolean> {
  const direct = await openDirect(path, constants.O_RDONLY);
  const file = direct ?? (await open(path, "r"));
  try {
    const meter = progressMeter(title, session, () => performance.now());
    await withPiece(async (piece) => {
      let done = 0;
      for (const chunk of chunksOf(source)) {
        const found = await readUpTo(file, piece, chunk.length, done);
        if (!found.equals(chunk)) {
          const different = chunk.findIndex((byte, index) => byte !== found[index]);
          throw new OperationError(
            `${path} returns other bytes than were written, from byte ${done + different} ` +
              "on. It is worn out, or smaller than it reports: use another one",
          );
        }
        done += chunk.length;
        meter.report(done, source.size);
      }
    });
    return direct !== undefined;
  } finally {
    await file.close();
  }
}

/** Reads `length` bytes at `offset`, or fewer at the end of the disk, in whole blocks. */
async function readUpTo(
  file: FileHandle,
  buffer: Buffer,
  length: number,
  offset: number,
): Promise<Buffer> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, aligned(length - done), offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, Math.min(done, length));
}
