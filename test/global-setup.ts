/**
 * A folder for the temporary files of one run of the tests. Commands look for fleet.yaml above the current folder
 * up to the top of a Git repository, and Git looks for a repository: neither gets beyond this folder.
 */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const prefix = "flotilla-run-";

/** Each project of vitest runs it, all in one process whose variables the workers get. */
export default function setup(): (() => void) | undefined {
  if (basename(tmpdir()).startsWith(prefix)) return undefined;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  // As /tmp: tests start programs as other users.
  chmodSync(folder, 0o1777);
  mkdirSync(join(folder, ".git"));
  process.env["TMPDIR"] = folder;
  process.env["GIT_CEILING_DIRECTORIES"] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
