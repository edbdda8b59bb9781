/** Reads the files beside a Butane configuration, with the error messages of the real tool. */
import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import { getSystemErrorMap } from "node:util";
import {
  isFolder,
  isInside,
  leadsOut,
  pathInside,
  readRegularFile,
} from "../../fleet/files/text-file.ts";
import { keyKindOf } from "../../fleet/files/fleet-files.ts";
import { keyIn } from "../../fleet/keys/publishing-key.ts";
import { LocalFileError, localBytesMax, type LocalFiles } from "../../fleet/model/local-files.ts";

/**
 * Read access to one folder. Unlike the real tool's, it reads nothing outside the folder, whatever
 * links say, and no pipe or device.
 */
export function openFolder(folder: string): LocalFiles {
  const realFolder = realPathOnce(folder);
  /** The real path of what is inside the folder. */
  const inside = (path: string, operation: string) => {
    const base = attempt(folder, operation, realFolder);
    const real = attempt(path, operation, () => realpathSync.native(path));
    if (isInside(base, real)) return real;
    throw new LocalFileError(`${operation} ${path}: ${leadsOut}`);
  };
  return {
    folder,
    read: (path) => readReal(path, inside(path, "open")),
    inspect(path, followLinks) {
      const look = followLinks ? statSync : lstatSync;
      const stats = attempt(path, followLinks ? "stat" : "lstat", () => look(path));
      return { type: typeOf(stats), mode: stats.mode & 0o7777 };
    },
    list: (path) => listReal(path, inside(path, "open")),
    target: (path) => attempt(path, "readlink", () => readlinkSync(path)),
    absolute: (path) => resolve(path),
  };
}

/** A tree has thousands of files, and the system looks at each part of a path. */
function realPathOnce(folder: string): () => string {
  let known: string | undefined;
  return () => (known ??= realpathSync.native(folder));
}

/** @param path as messages have it; `real` is the same without links */
function readReal(path: string, real: string): Uint8Array {
  const bytes = attempt(path, "open", () => readRegularFile(real, localBytesMax));
  if (bytes === isFolder) throw new LocalFileError(`read ${path}: is a directory`);
  if (typeof bytes === "string") throw new LocalFileError(`open ${path}: ${bytes}`);
  const key = keyIn(bytes);
  if (key !== undefined) throw new LocalFileError(`open ${path}: ${keyProblem(key)}`);
  return bytes;
}

function listReal(path: string, real: string): readonly string[] {
  return attempt(path, "open", () => sortedByBytes(readdirSync(real)));
}

const keyProblem = (key: string) =>
  `this file contains a ${key}, which can't be a part of a device`;

/**
 * Read access to the folder of a file with Butane. It also refuses links: a device would depend on
 * more than the files of its folder.
 */
export function filesBeside(file: string): LocalFiles {
  const files = openFolder(dirname(file));
  const realFolder = realPathOnce(files.folder);
  /** The real path. */
  const checked = (path: string, operation: string) => {
    const found = attempt(path, operation, () =>
      pathInside(files.folder, resolve(path), realFolder()),
    );
    if ("problem" in found) throw new LocalFileError(`${operation} ${path}: ${found.problem}`);
    const key = keyKindOf(found.path);
    if (key !== undefined) throw new LocalFileError(`${operation} ${path}: ${keyProblem(key)}`);
    return found.path;
  };
  return {
    ...files,
    read: (path) => readReal(path, checked(path, "open")),
    inspect(path, followLinks) {
      if (followLinks) checked(path, "stat");
      return files.inspect(path, followLinks);
    },
    list: (path) => listReal(path, checked(path, "open")),
  };
}

function typeOf(stats: Stats): "file" | "folder" | "link" | "other" {
  if (stats.isDirectory()) return "folder";
  if (stats.isSymbolicLink()) return "link";
  return stats.isFile() ? "file" : "other";
}

function sortedByBytes(names: readonly string[]): readonly string[] {
  return names.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

function attempt<Result>(path: string, operation: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    const { errno, code } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    // Opening a folder succeeds, only reading it fails.
    const verb = code === "EISDIR" ? "read" : operation;
    throw new LocalFileError(`${verb} ${path}: ${systemMessage(errno)}`);
  }
}

/** The message of the operating system, `no such file or directory`. */
export function systemMessage(errno: number): string {
  const message = getSystemErrorMap().get(errno)?.[1] ?? `errno ${-errno}`;
  return messagesOfSystem.get(message) ?? message;
}

/** Messages of Node that differ from the system's. */
const messagesOfSystem: ReadonlyMap<string, string> = new Map([
  ["illegal operation on a directory", "is a directory"],
  ["too many symbolic links encountered", "too many levels of symbolic links"],
]);
