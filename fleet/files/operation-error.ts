/** Errors from outside: disk, network, other programs. They are expected; the exit code is 1. */
import { onOneLine } from "../model/one-line.ts";
import { shortened } from "../model/shortened.ts";

export interface OperationErrorOptions extends ErrorOptions {
  /** What was done before the failure, for `--json`. */
  readonly result?: object;
  /** Lines below the message. */
  readonly details?: readonly string[];
}

/**
 * The message says what failed and what to do; no stack trace is shown. Line breaks in it, which are of
 * names and of answers from outside, are escaped. Lines of our own are `details`.
 */
export class OperationError extends Error {
  /** What was done before the failure, for `--json`. */
  readonly result: object | undefined;

  constructor(message: string, { details = [], ...options }: OperationErrorOptions = {}) {
    super([message, ...details].map(readable).join("\n"), options);
    this.name = "OperationError";
    this.result = options.result;
  }
}

/** A path can be long, and a command too; an answer that is longer is not read. */
const lineLengthMax = 4_000;

function readable(line: string): string {
  return onOneLine(line.length > lineLengthMax ? shortened(line) : line);
}

/** Ends the command line with an exit code; the message was printed already. */
export class ToolExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`the command ended with exit code ${code}`);
    this.name = "ToolExit";
    this.code = code;
  }
}

/** What another program said, as lines below a message. */
export function outputLines(output: string): readonly string[] {
  return output
    .trim()
    .split(/\r?\n/)
    .map((line) => `  ${line}`);
}

/** A text of our own: its first line is the message, the others are `details`. */
export function messageOf(text: string): {
  readonly message: string;
  readonly details: readonly string[];
} {
  const [message = "", ...details] = text.split("\n");
  return { message, details };
}

/** An error of a text of our own. */
export function operationError(
  text: string,
  options: Omit<OperationErrorOptions, "details"> = {},
): OperationError {
  const { message, details } = messageOf(text);
  return new OperationError(message, { ...options, details });
}

/** `<what>: <first line of the output>`, and the other lines below. */
export function programFailure(what: string, output: string): OperationError {
  const [first = "", ...details] = outputLines(output);
  return new OperationError(`${what}: ${first.trim()}`, { details });
}

/** The meaning of the error codes of the operating system, and the fix. */
const meanings: Readonly<Record<string, string>> = {
  EACCES: "no permission; give this user access to it, or work in another folder",
  EPERM: "not permitted; give this user access to it, or work in another folder",
  EROFS: "the file system is read-only; work in another folder",
  ENOSPC: "the disk is full; free some space and run the command again",
  EDQUOT: "the disk quota is used up; free some space and run the command again",
  EFBIG: "the file system does not take a file of this size; use another one",
  EIO: "the disk reports an input/output error; check it",
  EBUSY: "something uses this device; unmount it, or close the program",
  ENXIO: "there is no such device, or no medium in it; put it in again",
  ENODEV: "the device is gone; put it in again and run the command again",
  EMFILE: "too many open files; raise the limit (ulimit -n)",
  ENOENT: "no such file or folder; check the path",
  ENOTDIR: "a part of this path is a file where a folder is needed; move that file away",
  EISDIR: "this is a folder where a file is needed; move it away",
  ENOTEMPTY: "the folder is not empty; move away what is in it",
  EEXIST: "there is something at this path already; move it away",
  ELOOP: "the symbolic links of this path form a loop; remove one of them",
  ENAMETOOLONG: "the path is too long for this file system; work in a shorter folder",
};

/** Runs `work` on `path`; errors of the operating system become OperationErrors that name it. */
export function atPath<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw systemFailure(error, path) ?? error;
  }
}

/** As atPath, for asynchronous work. */
export async function atPathAsync<Result>(
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw systemFailure(error, path) ?? error;
  }
}

/** An error of the operating system as an OperationError; undefined for any other error. */
export function systemFailure(error: unknown, path?: string): OperationError | undefined {
  if (!(error instanceof Error) || error instanceof OperationError) return undefined;
  const { code, path: errorPath } = error as NodeJS.ErrnoException;
  const meaning = code === undefined ? undefined : meanings[code];
  if (meaning === undefined) return undefined;
  const place = path ?? errorPath;
  return new OperationError(place === undefined ? `${meaning} (${code})` : `${place}: ${meaning}`, {
    cause: error,
  });
}
