/** Whether Git keeps a secret file out of a commit. */
import { basename, dirname } from "node:path";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { shownPath, type Session } from "../terminal/session.ts";
import { git } from "./git.ts";

/** Says so if the file is in a work tree of Git and no rule ignores it. */
export async function warnIfNotIgnored(file: string, session: Session): Promise<void> {
  try {
    const { code } = await git(dirname(file), ["check-ignore", "-q", "--", basename(file)]);
    if (code !== 1) return;
    session.progress(`Git does not ignore ${shownPath(file)}. Add *.key to .gitignore`);
  } catch (error) {
    // Without git on this machine, nobody commits the file here.
    if (!(error instanceof OperationError)) throw error;
  }
}
