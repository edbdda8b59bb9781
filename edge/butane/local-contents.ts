/** Finds files beside the configuration, never outside their folder. */
import { joinPath } from "./go.ts";
import { LocalFileError, type LocalFiles, noFolderMessage } from "../../fleet/model/local-files.ts";

/** Returns the full path of a file in the folder. Throws `LocalFileError`. */
export function localPath(files: LocalFiles, inside: string): string {
  if (files.folder === "") throw new LocalFileError(noFolderMessage);
  const path = joinPath(files.folder, inside);
  const base = files.absolute(files.folder);
  const absolute = files.absolute(path);
  if (absolute !== base && !absolute.startsWith(base === "/" ? "//" : `${base}/`)) {
    throw new LocalFileError("local file path traverses outside the files directory");
  }
  return path;
}

/** Throws `LocalFileError`. */
export function readLocal(files: LocalFiles, inside: string): Buffer {
  return Buffer.from(files.read(localPath(files, inside)));
}
