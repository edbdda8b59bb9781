/** Writes files atomically. Every writer of Flotilla uses it. */
import { closeSync, constants, fchmodSync, fsyncSync, openSync } from "node:fs";
import { renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Overwrites the temporary file of a stopped run, but does not follow a symbolic link. */
const newFile =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);

/**
 * Writes a temporary file in the same folder and renames it, so that readers see the old file or
 * the new one, never a part.
 *
 * @param mode permission bits, `0o600` for secrets; the umask does not change them
 * @param durable wait until the bytes are on the disk: for files that can't be made again
 */
export function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
  durable = false,
): void {
  // The process id separates two runs that write the same file at the same time.
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  try {
    const descriptor = openSync(temporary, newFile, mode);
    try {
      fchmodSync(descriptor, mode);
      let offset = 0;
      while (offset < bytes.length) offset += writeSync(descriptor, bytes, offset);
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
