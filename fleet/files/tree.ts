/**
 * Writes a synthesis to a folder: only what differs, nothing by halves, nothing of anybody else.
 *
 * What Flotilla wrote is known from the list in the folder (filelist.ts). The list grows *before* a
 * new file is written and shrinks *after* an old one is gone, so it names everything that is ours
 * even if the machine stops in between; the next run then cleans up and finishes.
 *
 * Folders below the root that are symbolic links are refused: a file could land outside of it.
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
import { writeFileAtomically } from "./atomic.ts";
import { OperationError, atPath } from "./failures.ts";
import { fileListName, formatFileList, isTreePath, parseFileList } from "./filelist.ts";
import { removeLeftovers } from "./leftovers.ts";

export interface WriteTreeOptions {
  /** Permission bits of every file, `0o600` for secrets; files that are more open are closed. */
  readonly mode?: number;
  /** Says which of our files stay although they are not among `files`: see claimFiles. */
  readonly keeps?: (path: string) => boolean;
}

/** What a run did, as paths in the order in which it met them. */
export interface TreeChanges {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** How many files had the right bytes already; they keep their time stamps. */
  readonly unchangedCount: number;
}

/**
 * Makes `directory` hold exactly `files` (relative POSIX path → text) beside whatever is not ours.
 * `files` may be made one at a time while they are written, so that a large fleet needs no memory.
 *
 * @throws OperationError where the disk, a permission or a symbolic link is in the way; every file
 *   then has its old or its new bytes, and the next run goes on
 */
export function writeTree(
  directory: string,
  files: Iterable<readonly [path: string, text: string]>,
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
 * Adds files that something else writes to the list of a folder: writeTree then removes them once
 * its `keeps` no longer knows them. Do it before they are written.
 */
export function claimFiles(directory: string, paths: readonly string[]): void {
  const list = join(directory, fileListName);
  atPath(list, () => {
    mkdirSync(directory, { recursive: true });
    const owned = parseFileList(readIfThere(list), list);
    const fresh = paths.filter((path) => !owned.has(path));
    // In one write, so that a synthesis at the same time does not come in between.
    if (fresh.length > 0) appendFileSync(list, `\n${fresh.join("\n")}\n`);
  });
}

function fill(
  folder: Folder,
  files: Iterable<readonly [path: string, text: string]>,
  keeps: (path: string) => boolean,
): TreeChanges {
  const written: string[] = [];
  const seen = new Set<string>();
  let unchangedCount = 0;
  for (const [path, text] of files) {
    if (!isTreePath(path)) throw new Error(`a synthesis made a file that is none: ${path}`);
    if (seen.has(path)) throw new Error(`a synthesis made a file twice: ${path}`);
    seen.add(path);
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

/** A folder that Flotilla keeps, and its list. */
class Folder {
  readonly #root: string;
  readonly #mode: number;
  readonly #listPath: string;
  readonly #listText: string;
  /** What the list on disk names now. */
  readonly #owned: Set<string>;
  /** Folders, relative to the root, that are known to be folders and no links. */
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

  /** Whether the file is there with these bytes; closes its permissions if they are too open. */
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

  write(path: string, bytes: Uint8Array): void {
    const place = join(this.#root, path);
    this.#claim(path);
    atPath(place, () => {
      if (statusOf(place)?.isDirectory()) this.#emptyOfOurs(path);
      this.#makeFolder(posix.dirname(path));
      writeFileAtomically(place, bytes, this.#mode);
    });
  }

  /** Removes what is ours and not in `kept`, and the folders that are empty then. */
  removeAllBut(made: ReadonlySet<string>, keeps: (path: string) => boolean): string[] {
    const others = [...this.#owned].filter((path) => !made.has(path));
    const kept = new Set([...made, ...others.filter((path) => this.#isThere(path, keeps))]);
    const stale = others.filter((path) => !kept.has(path)).toSorted();
    if (stale.length > 0) {
      this.#begin();
      // What was stopped while it was written has the same secrets in it.
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

  /** Says in the list that a run is at work, once, before its first change. */
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
      // The line end before keeps it apart from what a full disk may have cut off.
      writeSync(this.#listDescriptor, `\n${line}\n`);
    });
  }

  close(): void {
    if (this.#listDescriptor !== undefined) closeSync(this.#listDescriptor);
    this.#listDescriptor = undefined;
  }

  /** Makes a folder and those above it, below the root; refuses links. */
  #makeFolder(path: string): void {
    if (path === "." || this.#checked.has(path)) return;
    this.#makeFolder(posix.dirname(path));
    const place = join(this.#root, path);
    atPath(place, () => {
      const status = statusOf(place);
      if (status?.isSymbolicLink()) throw linkFailure(place);
      // A file of ours that has become a folder: `a` before, `a/b` now.
      if (status && !status.isDirectory() && this.#owned.has(path)) this.#remove(path);
      if (!status?.isDirectory()) mkdirSync(place, folderMode(this.#mode));
    });
    this.#checked.add(path);
  }

  /** Refuses a folder that is a link, or lies below one that is. */
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
      return; // Something is left in it.
    }
    this.#checked.delete(path);
    this.#removeEmptyFolders(posix.dirname(path));
  }

  /** A folder of ours that has become a file: `a/b` before, `a` now. */
  #emptyOfOurs(path: string): void {
    for (const owned of this.#owned) if (owned.startsWith(`${path}/`)) this.#remove(owned);
  }

  /** Removes the temporary files of a run that was stopped in the middle. */
  #sweep(paths: Iterable<string>): void {
    const ours = new Set(paths);
    for (const folder of new Set([...ours].map((path) => posix.dirname(path)))) {
      const place = join(this.#root, folder);
      if (!statusOf(place)?.isDirectory()) continue;
      this.#checkFolder(folder);
      removeLeftovers(place, (name) => ours.has(posix.join(folder, name)));
    }
  }
}

/** The remark in the list while a run is at work, and after one that did not finish. */
const unfinished = "# A run is at work here, or did not finish.";

function linkFailure(place: string): OperationError {
  return new OperationError(
    `${place}: this folder is a symbolic link, and Flotilla does not write through one; ` +
      "remove the link, or move the whole output folder instead",
  );
}

/** Who may read the files may enter the folder: 0o600 → 0o700, 0o644 → 0o755. */
function folderMode(fileMode: number): number {
  return fileMode | ((fileMode & 0o444) >> 2);
}

function statusOf(place: string): Stats | undefined {
  try {
    return lstatSync(place, { throwIfNoEntry: false });
  } catch (error) {
    // A file stands where a folder of this path would be, so nothing is at the path itself.
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
