/**
 * The list of the files that Flotilla wrote into a folder or a repository: `.flotilla-files`.
 *
 * A later run removes files that are listed and no longer made. It never touches a file that is not
 * listed. The list is in the folder that it describes, so it is moved, cloned and deleted with it.
 * It has one path a line, sorted, so that its changes are easy to review.
 */
import { OperationError } from "./operation-error.ts";

export const fileListName = ".flotilla-files";

const header = "# The files that Flotilla wrote here, and may remove. Don't edit.\n";

/** The text of the list; `paths` may be in any order. The list does not contain itself. */
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
 * The paths in the text of a list; lines that begin with `#` are comments.
 *
 * @param place name of the list in errors
 * @throws OperationError if a line is not a path inside the folder
 */
export function parseFileList(text: string, place: string): Set<string> {
  const paths = new Set<string>();
  for (const [index, line] of text.split("\n").entries()) {
    // Git or an editor may have changed the line ends to those of Windows.
    const path = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (path === "" || path.startsWith("#")) continue;
    if (!isTreePath(path)) {
      throw new OperationError(
        `${place}:${index + 1}: ${JSON.stringify(path)} is not a valid path in this folder; ` +
          "restore the list from its history, or delete the line",
      );
    }
    paths.add(path);
  }
  return paths;
}

/** Whether a path may be in a tree: relative, POSIX, inside the folder, and not in `.git`. */
export function isTreePath(path: string): boolean {
  // A line end breaks the list, a quote breaks Git's import stream, Windows refuses the others.
  if (path === "" || path.startsWith("#") || /[\p{Cc}"\\:]/u.test(path)) return false;
  const parts = path.split("/");
  if (path === fileListName || parts.some((part) => part.toLowerCase() === ".git")) return false;
  return parts.every((part) => part !== "" && part !== "." && part !== "..");
}
