/** The files and folders that a fleet file names by their paths. */
import type { LocalFiles } from "../model/local-files.ts";

/** What is behind a path of the fleet file: the file's name for mistakes, or what is wrong. */
export type TextReader = (
  path: string,
) => { readonly file: string; readonly text: string } | { readonly problem: string };

/** The paths of the files in a folder of the fleet file, by name; or what is wrong. */
export type FolderReader = (path: string) => readonly string[] | { readonly problem: string };

/** How they are read: from the disk, or from wherever a test has them. */
export interface ReferencedFiles {
  readonly read: TextReader;
  /** @default folders are not read: workloads of plain manifests are without objects */
  readonly list?: FolderReader;
  /** What stands in the folder of a file; @default nothing that Butane could name as local */
  readonly beside?: (file: string) => LocalFiles;
}
