/**
 * Reads what a command line names that may be a pipe: standard input, \`<(command)\`, a named pipe. A
 * regular file is read in the same way. Every input has a limit.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { OperationError } from "../../fleet/files/operation-error.ts";

const pauseMilliseconds = 10;
/** How long a pipe may stay without a writer. */
const patienceMilliseconds = 1_500;

/**
 * The bytes of the file or pipe at a path. Throws errors of the operating system.
 *
 * @throws OperationError if there are more, or if nothing writes to the pipe
 */
export function readInputFile(path: string, bytesMax: number): Buffer {
  // Without O_NONBLOCK, opening a pipe waits for its other end.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (fstatSync(descriptor).isFIFO()) return readPipe(descriptor, path, bytesMax);
    return readStream(descriptor, path, bytesMax);
  } catch (error) {
    // An error of reading names no file.
    throw Object.assign(error as Error, { path });
  } finally {
    closeSync(descriptor);
  }
}

/** Standard input. */
export function readStandardInput(bytesMax: number): Buffer {
  return readStream(0, "standard input", bytesMax);
}

/** A named pipe ends at once while nobody has opened it for writing. */
function readPipe(descriptor: number, name: string, bytesMax: number): Buffer {
  for (let waited = 0; waited < patienceMilliseconds; waited += pauseMilliseconds) {
    const bytes = readStream(descriptor, name, bytesMax);
    if (bytes.length > 0) return bytes;
    pause();
  }
  throw new OperationError(`${name}: nothing was written to this pipe`);
}

function readStream(descriptor: number, name: string, bytesMax: number): Buffer {
  const parts: Buffer[] = [];
  for (let length = 0; length <= bytesMax;) {
    const part = Buffer.alloc(2 ** 16);
    try {
      const count = readSync(descriptor, part);
      if (count === 0) return Buffer.concat(parts);
      parts.push(part.subarray(0, count));
      length += count;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return Buffer.concat(parts);
      // Node makes a pipe non-blocking, so a slow writer must be waited for.
      if (code !== "EAGAIN") throw error;
      pause();
    }
  }
  throw new OperationError(`${name} is larger than ${bytesMax / 2 ** 20} MiB`);
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMilliseconds);
}
