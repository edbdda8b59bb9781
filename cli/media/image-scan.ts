/**
 * One reading of a large file for all who copy it at the same time. The file is read round and
 * round: whoever comes takes the pieces from where the reading is, and after the last one those
 * from the beginning. So copies cost one reading without beginning together, and the memory of one
 * piece, however many they are.
 */
import { open, type FileHandle } from "node:fs/promises";
import type { Extent } from "../../edge/formats/bytes.ts";
import { aligned, pieceBytes, withPiece } from "./direct.ts";
import { OperationError } from "../../fleet/files/operation-error.ts";

/** Takes whole pages that begin at `offset`; what is after the file's end in them is zero. */
export type Taker = (pages: Buffer, offset: number) => Promise<void>;

export interface SharedScan {
  /** Hands every piece to `take` once, the next when all who ride along have theirs. */
  readonly forEach: (take: Taker) => Promise<void>;
}

interface Rider {
  readonly take: Taker;
  /** How many pieces it has not had yet. */
  remaining: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** @param extents what is read of the file; they begin at whole pages */
export function sharedScan(path: string, extents: readonly Extent[]): SharedScan {
  const pieces = extents.flatMap(piecesOf);
  const riders = new Set<Rider>();
  let turning = false;
  let next = 0;

  const give = async (rider: Rider, pages: Buffer, offset: number) => {
    try {
      await rider.take(pages, offset);
      rider.remaining -= 1;
      if (rider.remaining > 0) return;
      riders.delete(rider);
      rider.resolve();
    } catch (error) {
      riders.delete(rider);
      rider.reject(error);
    }
  };
  const turn = async (file: FileHandle, memory: Buffer) => {
    while (riders.size > 0) {
      const piece = pieces[next] ?? { offset: 0, length: 0 };
      next = (next + 1) % pieces.length;
      const pages = await readPages(file, piece, memory);
      await Promise.all([...riders].map((rider) => give(rider, pages, piece.offset)));
    }
    // Whoever comes from here on finds nothing turning, though the file is not closed yet.
    turning = false;
  };
  const start = async () => {
    turning = true;
    let file: FileHandle | undefined;
    try {
      file = await open(path, "r");
      const opened = file;
      await withPiece((memory) => turn(opened, memory));
    } catch (error) {
      turning = false;
      for (const { reject } of riders) reject(error);
      riders.clear();
    } finally {
      await file?.close();
    }
  };
  return {
    async forEach(take) {
      if (pieces.length === 0) return;
      await new Promise<void>((resolve, reject) => {
        riders.add({ take, remaining: pieces.length, resolve, reject });
        if (!turning) void start();
      });
    },
  };
}

function piecesOf({ offset, length }: Extent): Extent[] {
  return Array.from({ length: Math.ceil(length / pieceBytes) }, (_, index) => {
    const done = index * pieceBytes;
    return { offset: offset + done, length: Math.min(pieceBytes, length - done) };
  });
}

async function readPages(
  file: FileHandle,
  { offset, length }: Extent,
  memory: Buffer,
): Promise<Buffer> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(memory, done, length - done, offset + done);
    if (bytesRead === 0) throw new OperationError("the base became shorter while it was read");
    done += bytesRead;
  }
  const pages = memory.subarray(0, aligned(length));
  pages.fill(0, length);
  return pages;
}
