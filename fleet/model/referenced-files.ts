/** The files and folders that a fleet file names by their paths. */
import type { LocalFiles } from "./local-files.ts";

/** Reads the file at a path of the fleet file: its name for mistakes and its text, or a problem. */
export type TextReader = (
  path: string,
) => { readonly file: string; readonly text: string } | UnreadFile;

interface UnreadFile {
  readonly problem: string;
  /** It has bytes that are not UTF-8, like a certificate in DER. @default false */
  readonly isBinary?: boolean;
}

/**
 * What was read where a text form is wanted, such as PEM. The binary form, such as DER, reads as a text without any line
 * of it: the mistake is then about the form, and not about UTF-8.
 */
export function inTextForm(path: string, found: ReturnType<TextReader>): ReturnType<TextReader> {
  return "problem" in found && found.isBinary ? { file: path, text: "" } : found;
}

/**
 * The paths of the files and folders in a folder that the fleet file names, sorted, those of folders with a slash
 * at their end; or a problem.
 */
export type FolderReader = (path: string) => readonly string[] | { readonly problem: string };

/** How they are read: from the disk, or from wherever a test has them. */
export interface ReferencedFiles {
  readonly read: TextReader;
  /** @default folders are not read: workloads of plain manifests have no objects */
  readonly list?: FolderReader;
  /** The other files in the folder of a file. @default none: Butane cannot name local files */
  readonly beside?: (file: string) => LocalFiles;
  /** The release of K3s that the lock pins. @default that of a new fleet */
  readonly pinnedK3s?: () => string;
}
