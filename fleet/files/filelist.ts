/**
 * The list of the files that Flotilla wrote into a folder or a repository: `.flotilla-files`.
 *
 * It is how a later run knows what it may remove: a file that is listed and no more in the tree. A
 * file that is not listed is somebody else's and is never touched. The list lies in the folder that
 * it describes, so it moves, is cloned and is deleted together with it; one sorted path a line, so
 * its changes are as easy to review as the files'.
 */
import { OperationError } from "./failures.ts";

export const fileListName = ".flotilla-files";

const header = "# The files that Flotilla wrote here, and may remove. Don't edit.\n";

/** The text of the list, for any order of the paths. The list never lists itself. */
export function formatFileList(paths: Iterable<string>): string {
  return (
    header +
    [...paths]
      .map((path) => `${path}\n`)
      .toSorted()
      .join("")
  );
}

/**
 * The paths in the text of a list; lines that begin with `#` are remarks.
 *
 * @param place what to call the list in an error
 * @throws OperationError if a line is no path inside the folder: nothing is removed by such a list
 */
export function parseFileList(text: string, place: string): Set<string> {
  const paths = new Set<string>();
  for (const [index, line] of text.split("\n").entries()) {
    // Git and editors of other systems may have given the list their line ends.
    const path = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (path === "" || path.startsWith("#")) continue;
    if (!isTreePath(path)) {
      throw new OperationError(
        `${place}:${index + 1}: ${JSON.stringify(path)} is no path of a file in this folder; ` +
          "restore the list from its history, or delete the line",
      );
    }
    paths.add(path);
  }
  return paths;
}

/** Whether a path is one that a tree may hold: relative, POSIX, inside, and not Git's own. */
export function isTreePath(path: string): boolean {
  // A line end would break the list, a quote Git's import stream, the others mean more elsewhere.
  if (path === "" || path.startsWith("#") || /[\p{Cc}"\\:]/u.test(path)) return false;
  const parts = path.split("/");
  if (path === fileListName || parts.some((part) => part.toLowerCase() === ".git")) return false;
  return parts.every((part) => part !== "" && part !== "." && part !== "..");
}
