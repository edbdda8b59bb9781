/**
 * What a user's own code cannot do to the program that it runs in: end it as if its command were done,
 * fail where no command waits for it, move its relative paths elsewhere, or write between the results on
 * standard output.
 */
import { ConstructError } from "../../../fleet/model/construct-error.ts";
import { ownCodeFile } from "../../../fleet/model/contract.ts";
import { reportError } from "../../terminal/error-report.ts";
import type { Session } from "../../terminal/session.ts";
import { isOwnCodeLoaded } from "./entries.ts";

/** The exit code after a signal is 128 and its number. */
const exitSignal = 128;

/**
 * Guards a synthesis in the user's own program, which continues after it.
 *
 * @returns to call when the synthesis is done
 */
export function guardSynthesis(session: Session): () => void {
  const { allowExit, lift } = guard(session);
  return () => {
    allowExit();
    lift();
  };
}

/**
 * Guards a command, and what its own code does after it. Its session was made before, and keeps the real
 * standard output.
 *
 * @returns to call when the command is done
 */
export function guardProgram(session: Session): () => void {
  return guard(session).allowExit;
}

function guard(session: Session) {
  const { stdout } = process;
  const { write } = stdout;
  stdout.write = process.stderr.write.bind(process.stderr);
  const { exit: ownExit, chdir } = process;
  const exit = ownExit.bind(process);
  let isDone = false;
  let isReaderGone = false;
  // Before the listener of cli/flotilla.mjs, which exits. Node clears `stdout.errored` before both.
  const onReaderGone = () => {
    isReaderGone = true;
  };
  stdout.prependListener("error", onReaderGone);
  const mayExit = (code: unknown) =>
    isDone ||
    !isOwnCodeLoaded() ||
    isReaderGone ||
    (typeof code === "number" && code >= exitSignal);
  const guarded = (code?: number | string | null): never => {
    if (mayExit(code)) return exit(code);
    const error = new Error("process.exit() would end the command. Throw an Error instead");
    Error.captureStackTrace(error, guarded);
    throw error;
  };
  const onExit = (code: number) => {
    if (mayExit(code)) return;
    const message = "the program ended, because a promise that is awaited is never settled.";
    session.progress(`${ownCodeFile}: ${message}`);
    process.exitCode = 1;
  };
  process.exit = guarded;
  const guardedChdir = (folder: string): void => {
    if (isDone || !isOwnCodeLoaded()) return chdir(folder);
    const error = new Error(
      "process.chdir() would change what the command reads and writes. Use absolute paths instead",
    );
    Error.captureStackTrace(error, guardedChdir);
    throw error;
  };
  process.chdir = guardedChdir;
  process.on("exit", onExit);
  const onError = (cause: unknown) => {
    const error = isOwnCodeLoaded() ? new ConstructError({ where: [ownCodeFile] }, cause) : cause;
    process.off("exit", onExit);
    exit(reportError(error, session, {}));
  };
  process.on("uncaughtException", onError);
  return {
    allowExit() {
      process.off("exit", onExit);
      isDone = true;
      // A library may have wrapped its own function around this one (graceful-fs does, to know when its copy of
      // the current folder is old): that one stays.
      if (process.exit === guarded) process.exit = ownExit;
      if (process.chdir === guardedChdir) process.chdir = chdir;
    },
    lift() {
      stdout.write = write;
      stdout.off("error", onReaderGone);
      process.off("uncaughtException", onError);
    },
  };
}
