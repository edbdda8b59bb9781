/**
 * Input and output past the page cache (O_DIRECT). The operating system demands that memory, places
 * and lengths are whole pages.
 */
import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

/** The types of Node 20 leave it out. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/** What places and lengths are multiples of, on every disk that there is. */
export const alignmentBytes = 4_096;

/** How much is read or written at a time: less costs more calls, and more saves little. */
export const pieceBytes = 8 * 1_048_576;

const wasmPageBytes = 65_536;

/** Each takes gigabytes of address space, though of memory no more than it says: keep them. */
const idle: Buffer[] = [];

/** Runs `use` with `pieceBytes` of memory that begins at a page. */
export async function withPiece<Result>(use: (piece: Buffer) => Promise<Result>): Promise<Result> {
  // A plain buffer begins anywhere; the memory of WebAssembly begins at a page.
  const piece =
    idle.pop() ??
    Buffer.from(new WebAssembly.Memory({ initial: pieceBytes / wasmPageBytes }).buffer);
  try {
    return await use(piece);
  } finally {
    idle.push(piece);
  }
}

/** Up to whole pages. */
export function aligned(length: number): number {
  return Math.ceil(length / alignmentBytes) * alignmentBytes;
}

/**
 * Opens a file past the page cache, or undefined where the file system knows no way past it.
 *
 * @param flags as of open(2), without O_DIRECT
 */
export async function openDirect(
  path: string,
  flags: number,
  mode?: number,
): Promise<FileHandle | undefined> {
  // Linux only; elsewhere there is no such flag.
  const direct = constants.O_DIRECT as number | undefined;
  if (direct === undefined) return undefined;
  try {
    return await open(path, flags | direct, mode);
  } catch (error) {
    if (isUnsupported(error)) return undefined;
    throw error;
  }
}

/** How a file system says that it does not do this. */
export function isUnsupported(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EINVAL";
}
