/** The files beside a Butane configuration, from the disk; errors in the words of the real tool. */
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { resolve } from "node:path";
import { getSystemErrorMap } from "node:util";
import { LocalFileError, type LocalFiles } from "../edge/butane/local-files.ts";

/** Access to one folder, for reading. */
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
    // A folder can be opened, and only reading it fails.
    const verb = code === "EISDIR" ? "read" : operation;
    throw new LocalFileError(`${verb} ${path}: ${systemMessage(errno)}`);
  }
}

/** `no such file or directory`, as the system says it. */
export function systemMessage(errno: number): string {
  const message = getSystemErrorMap().get(errno)?.[1] ?? `errno ${-errno}`;
  return messagesOfSystem.get(message) ?? message;
}

/** Where Node's texts are not the system's. */
const messagesOfSystem: ReadonlyMap<string, string> = new Map([
  ["illegal operation on a directory", "is a directory"],
  ["too many symbolic links encountered", "too many levels of symbolic links"],
]);
