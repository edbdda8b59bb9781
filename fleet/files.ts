/** The one way in which Flotilla writes a file. */
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

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
    rmSync(temporary, { force: true });
    const descriptor = openSync(temporary, "wx", mode);
    try {
      let offset = 0;
      while (offset < bytes.length) offset += writeSync(descriptor, bytes, offset);
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
