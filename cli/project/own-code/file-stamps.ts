/** Stamps of files, which tell whether one of them has changed. */
import { statSync } from "node:fs";
import { z } from "zod";

/** Path, size and time of the last change of each file. */
export const fileStampsSchema = z.array(z.tuple([z.string(), z.number(), z.number()]));
export type FileStamps = z.output<typeof fileStampsSchema>;

/** @param path absolute */
export function stampOf(path: string): FileStamps[number] {
  const { size, mtimeMs } = statSync(path);
  return [path, size, mtimeMs];
}

/** False also where a file is missing. */
export function areUnchanged(stamps: FileStamps): boolean {
  return stamps.every(([path, size, time]) => {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.size === size && found.mtimeMs === time;
  });
}
