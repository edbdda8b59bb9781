/** Standard input, output and error of `flotilla iso`. */
import { writeSync } from "node:fs";
import { inputBytesMax } from "./named-files.ts";
import { readStandardInput } from "../../terminal/input-stream.ts";
import { printData, type Session } from "../../terminal/session.ts";

export interface Streams {
  /** Standard output. Bytes are written unchanged. */
  readonly out: (data: string | Uint8Array) => void;
  /** Whole lines for standard error. */
  readonly error: (text: string) => void;
  readonly standardInput: () => Uint8Array;
  /** Whether standard output is a terminal. */
  readonly outIsTerminal: boolean;
}

export function sessionStreams(session: Session): Streams {
  const { stream } = session;
  return {
    out(data) {
      if (typeof data === "string") printData(session, data);
      else if (stream?.fd !== undefined) writeAll(stream.fd, data);
      else if (stream) stream.write(data, () => {});
      else session.out(Buffer.from(data).toString("utf8"));
    },
    error: session.progress,
    standardInput: () => readStandardInput(inputBytesMax),
    outIsTerminal: stream?.isTTY === true,
  };
}

/** Writes at once: a gigabyte must not wait in memory until the reader reads it. */
function writeAll(fd: number, data: Uint8Array): void {
  let done = 0;
  while (done < data.length) {
    try {
      done += writeSync(fd, data, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      // The reader is slower: wait a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
