/** What the commands of `flotilla iso` have of the world, and how its refusals are worded. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { NamedFile } from "../../../edge/iso/network.ts";
import { Refusal } from "../../../edge/iso/refusal.ts";

export interface World {
  /** Standard output; bytes are written as they are. */
  readonly out: (data: string | Uint8Array) => void;
  /** Whole lines for standard error. */
  readonly error: (text: string) => void;
  readonly standardInput: () => Uint8Array;
  /** Whether standard output is a terminal. */
  readonly outIsTerminal: boolean;
}

/** The operating system's words, as the C library has them. */
const words: Readonly<Record<string, readonly [number, string]>> = {
  EPERM: [1, "Operation not permitted"],
  ENOENT: [2, "No such file or directory"],
  EIO: [5, "Input/output error"],
  EACCES: [13, "Permission denied"],
  EBUSY: [16, "Device or resource busy"],
  EEXIST: [17, "File exists"],
  ENOTDIR: [20, "Not a directory"],
  EISDIR: [21, "Is a directory"],
  EMFILE: [24, "Too many open files"],
  ETXTBSY: [26, "Text file busy"],
  EFBIG: [27, "File too large"],
  ENOSPC: [28, "No space left on device"],
  EROFS: [30, "Read-only file system"],
  ENAMETOOLONG: [36, "File name too long"],
  ENOTEMPTY: [39, "Directory not empty"],
  ELOOP: [40, "Too many levels of symbolic links"],
  EDQUOT: [122, "Disk quota exceeded"],
};

/** Runs what touches `path`; a failure of the operating system becomes a refusal. */
export function touching<Result>(
  path: string,
  context: readonly string[],
  work: () => Result,
  place = "",
): Result {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const [number, word] = words[code] ?? [];
    if (number === undefined) throw error;
    const reason = `${word} (os error ${number})${place}`;
    throw new Refusal(path, reason, [...context, reason]);
  }
}

/** A whole file that a person named. */
export function readNamed({ path }: { readonly path: string }): Uint8Array {
  return touching(path, [`reading ${path}`], () => readFileSync(path));
}

export function namedFile(path: string): NamedFile {
  return { path, name: fileName(path) };
}

/** The last name of a path. */
export function fileName(path: string): string {
  const name = basename(path);
  if (name !== "" && name !== "." && name !== "..") return name;
  throw new Refusal(path, `missing filename in ${path}`);
}

/** A chain of reasons as coreos-installer prints it, without a line break behind it. */
export function formatRefusal({ reference }: Refusal): string {
  // A damaged image must not steer the terminal.
  const [what, ...causes] = reference.map((each) => each.replace(/[\0-\x08\x0b-\x1f\x7f]/g, "?"));
  if (causes.length === 0) return `Error: ${what}`;
  const lines = causes.map((cause, index) => {
    return causes.length === 1 ? `    ${cause}` : `    ${index}: ${cause}`;
  });
  return `Error: ${what}\n\nCaused by:\n${lines.join("\n")}`;
}
