/** Files of the first boot, which may be interrupted and run again. */
import type { ButaneFile } from "./butane/config.ts";

/**
 * The file, with permission to replace an existing one. If the power is cut before the first boot is marked as
 * done, Ignition runs again, and would refuse its own files. The same object for the same file.
 */
export function replacing(file: ButaneFile): ButaneFile {
  const known = replacingFiles.get(file.path);
  if (known?.[0] === file) return known[1];
  const { path, mode, contents } = file;
  const made = { path, mode, overwrite: true, contents } as const;
  replacingFiles.set(path, [file, made]);
  return made;
}

/** The latest file of each path, and what became of it. */
const replacingFiles = new Map<string, readonly [ButaneFile, ButaneFile]>();
