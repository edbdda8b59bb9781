/** The one way in which Flotilla writes a file. */
import { closeSync, constants, fchmodSync, fsyncSync, openSync } from "node:fs";
import { renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** What a stopped run left is overwritten; a link that somebody put there is not followed. */
const newFile =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);

/**
 * Writes through a temporary file in the same folder and a rename: whoever looks sees the old file
 * or the new one, never half of it, whatever happens in between.
 *
 * @param mode permission bits, `0o600` for what holds secrets; the umask does not widen or narrow it
 * @param durable wait until the bytes are on the disk: for what can't be made again
 */
export function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
  durable = false,
): void {
  // The process' id keeps two runs apart that write the same file at the same time.
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
