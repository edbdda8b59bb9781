/** Reads the files beside a Butane configuration, with the error messages of the real tool. */
import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import type { Stats } from "node:fs";
import { basename, dirname, resolve, sep } from "node:path";
import { getSystemErrorMap } from "node:util";
import { rootKeyFile } from "../../fleet/resolve/load.ts";
import { LocalFileError, type LocalFiles } from "../../fleet/model/local-files.ts";

/** Read access to one folder. */
export function openFolder(folder: string): LocalFiles {
  return {
    folder,
    read: (path) => attempt(path, "open", () => readFileSync(path)),
    inspect(path, followLinks) {
      const look = followLinks ? statSync : lstatSync;
      const stats = attempt(path, followLinks ? "stat" : "lstat", () => look(path));
      return { type: typeOf(stats), mode: stats.mode & 0o7777 };
    },
    list: (path) => attempt(path, "open", () => sortedByBytes(readdirSync(path))),
    target: (path) => attempt(path, "readlink", () => readlinkSync(path)),
    absolute: (path) => resolve(path),
  };
}

/**
 * Read access to the folder of a fleet file. Unlike the real tool's, it refuses links that lead out of
 * the folder, since a device would depend on the machine where it is made. It also refuses the root
 * key, which may be in the folder.
 */
export function filesBeside(file: string): LocalFiles {
  const files = openFolder(dirname(file));
  const checked = (path: string, operation: string) => {
    const real = attempt(path, operation, () => realpathSync(path));
    const base = realpathSync(files.folder);
    if (real !== base && !real.startsWith(base.endsWith(sep) ? base : base + sep)) {
      const message = "this link leads out of the folder of the Butane file";
      throw new LocalFileError(`${operation} ${path}: ${message}`);
    }
    if (basename(real) === rootKeyFile) {
      throw new LocalFileError(`${operation} ${path}: a root key can't be a part of a device`);
    }
    return path;
  };
  return {
    ...files,
    read: (path) => files.read(checked(path, "open")),
    inspect: (path, followLinks) =>
      files.inspect(followLinks ? checked(path, "stat") : path, followLinks),
    list: (path) => files.list(checked(path, "open")),
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
