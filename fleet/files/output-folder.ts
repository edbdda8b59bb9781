/**
 * Writes the files of a synthesis to a folder. Only files that differ are written, each one
 * completely or not at all, and files that Flotilla did not write stay.
 *
 * The list in the folder (file-list.ts) names the files that Flotilla wrote. A path is added
 * *before* its file is written and removed *after* its file is deleted, so the list is complete
 * even if the machine stops in between; the next run then cleans up.
 *
 * Folders below the root that are symbolic links are refused: files could be written outside.
 */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
} from "node:fs";
import { rmdirSync, unlinkSync, writeSync } from "node:fs";
import type { Stats } from "node:fs";
import { join, posix } from "node:path";
import { writeFileAtomically } from "./atomic-file.ts";
import { OperationError, atPath } from "./operation-error.ts";
import { fileListName, formatFileList, isTreePath, parseFileList } from "./file-list.ts";
import { removeStaleFiles } from "./temporary-files.ts";

export interface WriteTreeOptions {
  /** Permission bits of every file, `0o600` for secrets; those of existing files are tightened. */
  readonly mode?: number;
  /** Returns true for listed files that stay although `files` lacks them: see claimFiles. */
  readonly keeps?: (path: string) => boolean;
}

/** In place of a text: the file is known to have the right bytes. */
export const unchanged = Symbol("unchanged");

/** What a run did, as paths in the order of the work. */
export interface TreeChanges {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** Number of files that had the right bytes already; they keep their time stamps. */
  readonly unchangedCount: number;
}

/**
 * Makes `directory` contain exactly `files` (relative POSIX path → text), apart from files that
 * Flotilla did not write. `files` may be a generator, so that a large fleet needs little memory.
 *
 * @throws OperationError on a failure of the disk, a missing permission or a symbolic link; every
 *   file then has its old or its new bytes, and the next run continues
 */
export function writeTree(
  directory: string,
  files: Iterable<readonly [path: string, text: string | typeof unchanged]>,
  options: WriteTreeOptions = {},
): TreeChanges {
  const folder = new Folder(directory, options.mode ?? 0o644);
  try {
    return fill(folder, files, options.keeps ?? (() => false));
  } finally {
    folder.close();
  }
}

/**
 * Adds files that another writer makes to the list of a folder. writeTree removes them when its
 * `keeps` returns false for them. Call it before they are written.
 */
export function claimFiles(directory: string, paths: readonly string[]): void {
  const list = join(directory, fileListName);
  atPath(list, () => {
    mkdirSync(directory, { recursive: true });
    const owned = parseFileList(readIfThere(list), list);
    const fresh = paths.filter((path) => !owned.has(path));
    // In one write, so that it does not mix with that of a synthesis at the same time.
    if (fresh.length > 0) appendFileSync(list, `\n${fresh.join("\n")}\n`);
  });
}

function fill(
  folder: Folder,
  files: Iterable<readonly [path: string, text: string | typeof unchanged]>,
  keeps: (path: string) => boolean,
): TreeChanges {
  const written: string[] = [];
  const seen = new Set<string>();
  let unchangedCount = 0;
  for (const [path, text] of files) {
    if (!isTreePath(path)) throw new Error(`a synthesis made a file with an invalid path: ${path}`);
    if (seen.has(path)) throw new Error(`a synthesis made a file twice: ${path}`);
    seen.add(path);
    if (text === unchanged) {
      folder.keep(path);
      unchangedCount += 1;
      continue;
    }
    const bytes = Buffer.from(text);
    if (folder.holds(path, bytes)) {
      unchangedCount += 1;
    } else {
      folder.write(path, bytes);
      written.push(path);
    }
  }
  const removed = folder.removeAllBut(seen, keeps);
  return { written, removed, unchangedCount };
}

/** A folder and the list in it. */
class Folder {
  readonly #root: string;
  readonly #mode: number;
  readonly #listPath: string;
  readonly #listText: string;
  /** The paths in the list on disk. */
  readonly #owned: Set<string>;
  /** Folders, relative to the root, that were checked not to be symbolic links. */
  readonly #checked = new Set<string>();
  readonly #removed: string[] = [];
  /** Open while lines are added to the list. */
  #listDescriptor: number | undefined;
  #touched = false;

  constructor(root: string, mode: number) {
    this.#root = root;
    this.#mode = mode;
    this.#listPath = join(root, fileListName);
    atPath(root, () => mkdirSync(root, { recursive: true }));
    this.#listText = atPath(this.#listPath, () => readIfThere(this.#listPath));
    this.#owned = parseFileList(this.#listText, this.#listPath);
    if (this.#listText.includes(unfinished)) {
      this.#sweep([...this.#owned, fileListName]);
      this.#touched = true;
    }
  }

  /** Whether the file has these bytes already; tightens its permissions. */
  holds(path: string, bytes: Uint8Array): boolean {
    const place = join(this.#root, path);
    return atPath(place, () => {
      const status = statusOf(place);
      if (!status?.isFile() || status.size !== bytes.length) return false;
      this.#checkFolder(posix.dirname(path));
      if (!readFileSync(place).equals(bytes)) return false;
      // A file that cdk8s or cdktf wrote here with the same bytes becomes ours.
      if (!this.#owned.has(path)) this.#claim(path);
      const secret = (this.#mode & 0o077) === 0;
      if (secret && (status.mode & 0o077) !== 0) chmodSync(place, this.#mode);
      return true;
    });
  }

  /** A file that is known to be right. */
  keep(path: string): void {
    this.#checkFolder(posix.dirname(path));
    if (!this.#owned.has(path)) this.#claim(path);
  }

  write(path: string, bytes: Uint8Array): void {
    const place = join(this.#root, path);
    this.#claim(path);
    atPath(place, () => {
      if (statusOf(place)?.isDirectory()) this.#emptyOfOurs(path);
      this.#makeFolder(posix.dirname(path));
      writeFileAtomically(place, bytes, this.#mode);
    });
  }

  /** Removes listed files that were not made and are not kept, and folders that become empty. */
  removeAllBut(made: ReadonlySet<string>, keeps: (path: string) => boolean): string[] {
    const others = [...this.#owned].filter((path) => !made.has(path));
    const kept = new Set([...made, ...others.filter((path) => this.#isThere(path, keeps))]);
    const stale = others.filter((path) => !kept.has(path)).toSorted();
    if (stale.length > 0) {
      this.#begin();
      // A temporary file of a stopped run contains the same secrets.
      this.#sweep(stale);
    }
    for (const path of stale) this.#remove(path);
    const text = formatFileList(kept);
    if (this.#touched || text !== this.#listText) {
      atPath(this.#listPath, () => writeFileAtomically(this.#listPath, text));
    }
    return this.#removed;
  }

  #isThere(path: string, keeps: (path: string) => boolean): boolean {
    return keeps(path) && statusOf(join(this.#root, path))?.isFile() === true;
  }

  /** Marks the list as that of an unfinished run, once, before the first change. */
  #begin(): void {
    if (this.#touched) return;
    this.#touched = true;
    this.#append(unfinished);
  }

  #claim(path: string): void {
    this.#begin();
    if (this.#owned.has(path)) return;
    this.#append(path);
    this.#owned.add(path);
  }

  #append(line: string): void {
    atPath(this.#listPath, () => {
      this.#listDescriptor ??= openSync(this.#listPath, "a");
      // The first line end separates it from a line that a full disk may have cut off.
      writeSync(this.#listDescriptor, `\n${line}\n`);
    });
  }

  close(): void {
    if (this.#listDescriptor !== undefined) closeSync(this.#listDescriptor);
    this.#listDescriptor = undefined;
  }

  /** Makes a folder and its parents below the root; refuses symbolic links. */
  #makeFolder(path: string): void {
    if (path === "." || this.#checked.has(path)) return;
    this.#makeFolder(posix.dirname(path));
    const place = join(this.#root, path);
    atPath(place, () => {
      const status = statusOf(place);
      if (status?.isSymbolicLink()) throw linkFailure(place);
      // A listed file becomes a folder: `a` before, `a/b` now.
      if (status && !status.isDirectory() && this.#owned.has(path)) this.#remove(path);
      if (!status?.isDirectory()) mkdirSync(place, folderMode(this.#mode));
    });
    this.#checked.add(path);
  }

  /** Refuses a folder that is a symbolic link or below one. */
  #checkFolder(path: string): void {
    if (path === "." || this.#checked.has(path)) return;
    this.#checkFolder(posix.dirname(path));
    const place = join(this.#root, path);
    const status = statusOf(place);
    if (status?.isSymbolicLink()) throw linkFailure(place);
    if (status?.isDirectory()) this.#checked.add(path);
  }

  #remove(path: string): void {
    const place = join(this.#root, path);
    atPath(place, () => {
      const status = statusOf(place);
      if (!status || status.isDirectory()) return;
      this.#checkFolder(posix.dirname(path));
      unlinkSync(place);
      this.#removed.push(path);
      this.#removeEmptyFolders(posix.dirname(path));
    });
  }

  #removeEmptyFolders(path: string): void {
    if (path === ".") return;
    try {
      rmdirSync(join(this.#root, path));
    } catch {
      return; // It is not empty.
    }
    this.#checked.delete(path);
    this.#removeEmptyFolders(posix.dirname(path));
  }

  /** A folder of listed files becomes a file: `a/b` before, `a` now. */
  #emptyOfOurs(path: string): void {
    for (const owned of this.#owned) if (owned.startsWith(`${path}/`)) this.#remove(owned);
  }

  /** Removes the temporary files of a stopped run. */
  #sweep(paths: Iterable<string>): void {
    const ours = new Set(paths);
    for (const folder of new Set([...ours].map((path) => posix.dirname(path)))) {
      const place = join(this.#root, folder);
      if (!statusOf(place)?.isDirectory()) continue;
      this.#checkFolder(folder);
      removeStaleFiles(place, (name) => ours.has(posix.join(folder, name)));
    }
  }
}

/** The comment in the list while a run works, and after one that did not finish. */
const unfinished = "# A run is at work here, or did not finish.";

function linkFailure(place: string): OperationError {
  return new OperationError(
    `${place}: this folder is a symbolic link, and Flotilla does not write through links; ` +
      "remove the link, or move the whole output folder instead",
  );
}

/** The mode of a folder whose files have a mode: 0o600 → 0o700, 0o644 → 0o755. */
function folderMode(fileMode: number): number {
  return fileMode | ((fileMode & 0o444) >> 2);
}

function statusOf(place: string): Stats | undefined {
  try {
    return lstatSync(place, { throwIfNoEntry: false });
  } catch (error) {
    // A part of the path is a file, so nothing exists at the path itself.
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
