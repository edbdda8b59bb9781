/**
 * Reads a text file that a person named: a regular file of limited size in UTF-8. Pipes, devices and
 * folders are refused before anything is read, so no input blocks or grows without limit.
 */
import { isUtf8 } from "node:buffer";
import { closeSync, constants, existsSync, fstatSync, openSync } from "node:fs";
import { readlinkSync, readSync, realpathSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";

/** The problem of a folder where a file is expected. */
export const isFolder = "this is a folder";

/** The problem of a pipe or a device, which may never end. */
const isOther = "this is not a regular file";

/** A text, or why there is none; `line` and `column` count from 1. */
type TextOrProblem =
  | { readonly text: string }
  | {
      readonly problem: string;
      readonly line?: number;
      readonly column?: number;
      /** The error code of the operating system. */
      readonly code?: string;
    };

export function readTextFile(path: string, bytesMax: number): TextOrProblem {
  try {
    const bytes = readRegularFile(path, bytesMax);
    return typeof bytes === "string" ? { problem: bytes } : decodeText(bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENOENT") {
      const problem = deadLink(path);
      return problem === undefined ? { problem: "file not found", code } : { problem };
    }
    return { problem: code === "EISDIR" ? isFolder : `cannot be read (${code})`, code };
  }
}

/** The problem of a symbolic link that leads to nothing, which existsSync reports as missing; undefined for all else. */
export function deadLink(path: string): string | undefined {
  if (existsSync(path)) return undefined;
  try {
    return `this symbolic link leads to ${readlinkSync(path)}, which does not exist`;
  } catch {
    return undefined;
  }
}

/** Why a path is not that of a regular file, for programs that read it themselves; undefined where it is missing. */
export function fileProblem(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return deadLink(path);
  if (stats.isDirectory()) return isFolder;
  return stats.isFile() ? undefined : isOther;
}

/** The bytes of a regular file; or a problem. Throws errors of the operating system. */
export function readRegularFile(path: string, bytesMax: number): Buffer | string {
  // Without O_NONBLOCK, opening a pipe waits for its other end.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) return isFolder;
    if (!stats.isFile()) return isOther;
    const bytes = readUpTo(descriptor, stats.size, bytesMax);
    return bytes.length > bytesMax ? tooLarge(bytesMax) : bytes;
  } finally {
    closeSync(descriptor);
  }
}

function tooLarge(bytesMax: number): string {
  return `this file is larger than ${bytesMax / 2 ** 20} MiB`;
}

/**
 * At most one byte above `bytesMax`: files of /proc have no size before they are read.
 *
 * @param bytesExpected thousands of small files, each with a large buffer, take seconds
 */
function readUpTo(descriptor: number, bytesExpected: number, bytesMax: number): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  // One more byte finds the end without a second buffer.
  let part = Buffer.allocUnsafe(Math.min(bytesExpected, bytesMax) + 1);
  let used = 0;
  while (length <= bytesMax) {
    if (used === part.length) {
      part = Buffer.allocUnsafe(Math.min(bytesMax + 1 - length, 2 ** 18));
      used = 0;
    }
    const count = readSync(descriptor, part, used, part.length - used, null);
    if (count === 0) break;
    parts.push(part.subarray(used, used + count));
    used += count;
    length += count;
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, length);
}

const replacement = "\ufffd";
const replacementBytes = Buffer.from(replacement);

/** The text of UTF-8, or the place of the first invalid byte. */
function decodeText(bytes: Buffer): TextOrProblem {
  const text = bytes.toString("utf8");
  if (isUtf8(bytes)) return { text };
  let offset = 0;
  let start = 0;
  for (let at = text.indexOf(replacement); at >= 0; at = text.indexOf(replacement, start)) {
    offset += Buffer.byteLength(text.slice(start, at));
    start = at + 1;
    const isWritten = bytes.subarray(offset, offset + 3).equals(replacementBytes);
    if (!isWritten) return invalidByte(text.slice(0, at), bytes[offset] ?? 0);
    offset += replacementBytes.length;
  }
  return invalidByte(text, 0);
}

function invalidByte(before: string, byte: number): TextOrProblem {
  const lines = before.split("\n");
  const shown = `0x${byte.toString(16).padStart(2, "0")}`;
  const problem = `this file is not UTF-8: found the byte ${shown}. Save the file as UTF-8`;
  return { problem, line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

/** The problem of a path that is not inside its folder. */
export const leadsOut = "this path leads out of its folder";

/** Whether an absolute path without links is a folder or inside it. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/**
 * The path of a file that must be inside a folder, by its real path, and not be a symbolic link
 * itself; or a problem. Throws errors of the operating system.
 *
 * @param base the real path of the folder
 */
export function pathInside(
  folder: string,
  path: string,
  base: string = realpathSync.native(folder),
): { path: string } | { problem: string } {
  const place = resolve(folder, path);
  const real = realpathSync.native(place);
  if (!isInside(base, real)) return { problem: leadsOut };
  const expected = join(base, place.slice(resolve(folder).length));
  if (isInside(resolve(folder), place) && real !== expected) {
    return {
      problem: "this is a symbolic link, or inside one. Write the path of the file itself",
    };
  }
  return { path: real };
}
