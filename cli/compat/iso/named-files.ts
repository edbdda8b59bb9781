/** Files that a command line of `flotilla iso` names, with the errors of coreos-installer. */
import { basename } from "node:path";
import type { NamedFile } from "../coreos-installer/network.ts";
import { readInputFile } from "../../terminal/input-stream.ts";
import { Refusal } from "../../../edge/iso/refusal.ts";

/** The messages of the operating system, as the C library has them. */
const messages: Readonly<Record<string, readonly [number, string]>> = {
  EPERM: [1, "Operation not permitted"],
  ENOENT: [2, "No such file or directory"],
  EIO: [5, "Input/output error"],
  EACCES: [13, "Permission denied"],
  EBUSY: [16, "Device or resource busy"],
  EEXIST: [17, "File exists"],
  ENOTDIR: [20, "Not a directory"],
  EISDIR: [21, "Is a directory"],
  EMFILE: [24, "Too many open files"],
  ETXTBSY: [26, "Text file busy"],
  EFBIG: [27, "File too large"],
  ENOSPC: [28, "No space left on device"],
  EROFS: [30, "Read-only file system"],
  ENAMETOOLONG: [36, "File name too long"],
  ENOTEMPTY: [39, "Directory not empty"],
  ELOOP: [40, "Too many levels of symbolic links"],
  EDQUOT: [122, "Disk quota exceeded"],
};

/** Runs an access to `path`. An error of the operating system becomes a `Refusal`. */
export function accessing<Result>(
  path: string,
  context: readonly string[],
  work: () => Result,
  place = "",
): Result {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const [number, message] = messages[code] ?? [];
    if (number === undefined) throw error;
    const reason = `${message} (os error ${number})${place}`;
    throw new Refusal(path, reason, [...context, reason]);
  }
}

/** The limit of standard input and of a file that is embedded: areas for it have less than 1 MiB. */
export const inputBytesMax = 16 * 2 ** 20;

/** Reads a file of the user. */
export function readNamed({ path }: { readonly path: string }): Uint8Array {
  return accessing(path, [`reading ${path}`], () => readInputFile(path, inputBytesMax));
}

export function namedFile(path: string): NamedFile {
  return { path, name: fileName(path) };
}

/** The last name of a path. */
export function fileName(path: string): string {
  const name = basename(path);
  if (name !== "" && name !== "." && name !== "..") return name;
  throw new Refusal(path, `missing filename in ${path}`);
}
