/** Writes files at a place that the user chose. If it is a symbolic link, the file that the link names is written. */
import { lstatSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { writeFileAtomically } from "./atomic-file.ts";
import { OperationError } from "./operation-error.ts";
import { deadLink } from "./text-file.ts";

const newFileMode = 0o644;

/**
 * The file that a path names: the end of its symbolic links, or the path itself.
 *
 * @throws OperationError if a link leads to nothing
 */
export function linkedFile(path: string): string {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new OperationError(`${path}: ${deadLink(path)}. Make that file, or remove the link`, {
      cause: error,
    });
  }
}

/**
 * As writeFileAtomically, in the folder of the file that a link names. What is not a regular file
 * (`/dev/stdout`, a pipe) gets the bytes and is not replaced.
 *
 * @param mode @default that of the file that is there
 * @throws OperationError if there is a folder, or if a link leads to nothing
 */
export function writeUserFile(
  path: string,
  content: string | Uint8Array,
  mode?: number,
  durable = false,
): void {
  const existing = statSync(path, { throwIfNoEntry: false });
  if (existing?.isDirectory()) {
    throw new OperationError(`${path}: this is a folder. Give the path of a file`);
  }
  if (existing !== undefined && !existing.isFile()) return writeFileSync(path, content);
  const kept = existing === undefined ? newFileMode : existing.mode & 0o777;
  writeFileAtomically(linkedFile(path), content, mode ?? kept, durable);
}
