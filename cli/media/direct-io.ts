/**
 * Input and output without the page cache (O_DIRECT). The operating system requires that memory,
 * offsets and lengths are whole pages.
 */
import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";

/** Missing in the types of Node 20. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/** Offsets and lengths are multiples of it, on every disk. */
const alignmentBytes = 4_096;

/** Bytes that are read or written at a time: fewer cost more calls, and more save little. */
export const pieceBytes = 8 * 1_048_576;

const wasmPageBytes = 65_536;

/** Kept for reuse: each takes gigabytes of address space, though only `pieceBytes` of memory. */
const idle: Buffer[] = [];

/** Runs `use` with `pieceBytes` of memory that starts at a page. */
export async function withPiece<Result>(use: (piece: Buffer) => Promise<Result>): Promise<Result> {
  // A plain buffer starts anywhere; the memory of WebAssembly starts at a page.
  const piece =
    idle.pop() ??
    Buffer.from(new WebAssembly.Memory({ initial: pieceBytes / wasmPageBytes }).buffer);
  try {
    return await use(piece);
  } finally {
    idle.push(piece);
  }
}

/** Rounded up to whole pages. */
export function aligned(length: number): number {
  return Math.ceil(length / alignmentBytes) * alignmentBytes;
}

/**
 * Opens a file without the page cache; undefined if the file system does not support it.
 *
 * @param flags as of open(2), without O_DIRECT
 */
export async function openDirect(
  path: string,
  flags: number,
  mode?: number,
): Promise<FileHandle | undefined> {
  // Other systems than Linux have no such flag.
  const direct = constants.O_DIRECT as number | undefined;
  if (direct === undefined) return undefined;
  try {
    return await open(path, flags | direct, mode);
  } catch (error) {
    if (isUnsupported(error)) return undefined;
    throw error;
  }
}

/** Whether a file system refused because it does not support O_DIRECT. */
export function isUnsupported(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EINVAL";
}
