/**
 * Reads a large file once for all who copy it at the same time. The file is read in a loop: a copy
 * that starts later takes the pieces from the current position on, and then those from the
 * beginning. So many copies need one read of the file and the memory of one piece.
 */
import { open, type FileHandle } from "node:fs/promises";
import type { Extent } from "../../edge/formats/bytes.ts";
import { OperationError } from "../../fleet/files/operation-error.ts";
import { aligned, pieceBytes, withPiece } from "./direct-io.ts";

/** Takes whole pages that start at `offset`; bytes after the end of the file are zero. */
export type PageConsumer = (pages: Buffer, offset: number) => Promise<void>;

export interface SharedReader {
  /** Passes every piece to `consume` once; the next piece follows when all consumers are done. */
  readonly forEach: (consume: PageConsumer) => Promise<void>;
}

interface Consumer {
  readonly consume: PageConsumer;
  /** Number of pieces that it still needs. */
  remaining: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** @param extents the parts of the file that are read; they start at whole pages */
export function sharedReader(path: string, extents: readonly Extent[]): SharedReader {
  const pieces = extents.flatMap(piecesOf);
  const consumers = new Set<Consumer>();
  let isReading = false;
  let next = 0;

  const pass = async (consumer: Consumer, pages: Buffer, offset: number) => {
    try {
      await consumer.consume(pages, offset);
      consumer.remaining -= 1;
      if (consumer.remaining > 0) return;
      consumers.delete(consumer);
      consumer.resolve();
    } catch (error) {
      consumers.delete(consumer);
      consumer.reject(error);
    }
  };
  const readInLoop = async (file: FileHandle, memory: Buffer) => {
    while (consumers.size > 0) {
      const piece = pieces[next] ?? { offset: 0, length: 0 };
      next = (next + 1) % pieces.length;
      const pages = await readPages(file, piece, memory);
      await Promise.all([...consumers].map((consumer) => pass(consumer, pages, piece.offset)));
    }
    // A consumer that comes from here on starts a new loop, though the file is not closed yet.
    isReading = false;
  };
  const start = async () => {
    isReading = true;
    let file: FileHandle | undefined;
    try {
      file = await open(path, "r");
      const opened = file;
      await withPiece((memory) => readInLoop(opened, memory));
    } catch (error) {
      isReading = false;
      for (const { reject } of consumers) reject(error);
      consumers.clear();
    } finally {
      await file?.close();
    }
  };
  return {
    async forEach(consume) {
      if (pieces.length === 0) return;
      await new Promise<void>((resolve, reject) => {
        consumers.add({ consume, remaining: pieces.length, resolve, reject });
        if (!isReading) void start();
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
    if (bytesRead === 0) throw new OperationError("the ISO became shorter while it was read");
    done += bytesRead;
  }
  const pages = memory.subarray(0, aligned(length));
  pages.fill(0, length);
  return pages;
}
