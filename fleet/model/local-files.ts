/**
 * The files next to a Butane configuration, as the translator reads them. The translator does not
 * access the disk itself: the command line passes an implementation, and tests pass their own.
 *
 * Paths are those of the real tool: the files folder as given, joined with the path in the
 * configuration, so that error messages are the same.
 */

export interface LocalFile {
  readonly type: "file" | "folder" | "link" | "other";
  /** Permission bits. */
  readonly mode: number;
}

export interface LocalFiles {
  /** The folder as given; empty if there is none. */
  readonly folder: string;
  /** Contents of a file; links are followed. Throws `LocalFileError`. */
  read(path: string): Uint8Array;
  /** The entry itself, or what it links to. Throws `LocalFileError`. */
  inspect(path: string, followLinks: boolean): LocalFile;
  /** Names in a folder, in the order of their bytes. Throws `LocalFileError`. */
  list(path: string): readonly string[];
  /** The target of a link, as written. Throws `LocalFileError`. */
  target(path: string): string;
  /** The path from the root of the file system, without `..`; links are not followed. */
  absolute(path: string): string;
}

/** The message is the real tool's: `open files/a: no such file or directory`. */
export class LocalFileError extends Error {}

/** The contents of all local files that one configuration reads. */
export const localBytesMax = 16 * 2 ** 20;
/** The files and folders in all trees of one configuration. */
const treeEntriesMax = 5_000;

/** The same files, for one configuration: more than the limits is refused. */
export function limitedFiles(files: LocalFiles): LocalFiles {
  let bytesLeft = localBytesMax;
  let entriesLeft = treeEntriesMax;
  return {
    ...files,
    read(path) {
      const bytes = files.read(path);
      bytesLeft -= bytes.length;
      if (bytesLeft >= 0) return bytes;
      const limit = localBytesMax / 2 ** 20;
      throw new LocalFileError(
        `open ${path}: the local files are larger than ${limit} MiB in total`,
      );
    },
    list(path) {
      const names = files.list(path);
      entriesLeft -= names.length;
      if (entriesLeft >= 0) return names;
      throw new LocalFileError(`open ${path}: the trees have more than ${treeEntriesMax} entries`);
    },
  };
}

/** No files folder was given. */
export const noLocalFiles: LocalFiles = {
  folder: "",
  read: refuse,
  inspect: refuse,
  list: refuse,
  target: refuse,
  absolute: (path) => path,
};

export const noFolderMessage =
  "local file paths are relative to a files directory that must be specified with -d/--files-dir";

function refuse(): never {
  throw new LocalFileError(noFolderMessage);
}
