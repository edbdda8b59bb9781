/** One HTTP exchange, with limits on its time and on the size of the answer. */
import http from "node:http";
import https from "node:https";
import { readBytes } from "./body.ts";

/** A compromised device can send an endless answer. */
const answerBytesMax = 8 * 2 ** 20;

/** Answers like "100 Continue" that come before the answer. */
const interimMax = 10;

export interface ExchangeOptions {
  /** @default GET */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Ends the exchange: each one has a time limit. */
  readonly signal: AbortSignal;
  /** @default the agent of Node */
  readonly agent?: http.Agent;
  /** The certificates, in PEM, that a server is verified with. @default those of Node */
  readonly authorities?: string;
  /** The largest body of the answer. @default 8 MiB */
  readonly bytesMax?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * The server's answer, of whatever status. A redirect is an answer too and is not followed; a body that
 * is compressed stays so.
 *
 * @throws TooLarge if the body is longer than `bytesMax`
 */
export function exchange(url: string, options: ExchangeOptions): Promise<Answer> {
  const { method = "GET", headers, body, signal, agent, authorities } = options;
  const { bytesMax = answerBytesMax } = options;
  const { request } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(signal.aborted ? new Error(`no answer from ${new URL(url).host} in time`) : error);
    const settings = {
      method,
      signal,
      // Node gives the body of a DELETE no length by itself, and servers then ignore the body.
      headers: {
        ...headers,
        ...(body !== undefined && { "content-length": Buffer.byteLength(body) }),
      },
      ...(agent && { agent }),
      ...(authorities !== undefined && { ca: authorities }),
    };
    const asked = request(url, settings, (answer) => {
      readBytes(answer, bytesMax).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, body: bytes }),
        fail,
      );
    });
    let interim = 0;
    asked.on("information", () => {
      if (++interim > interimMax) asked.destroy(new Error("too many interim answers"));
    });
    asked.on("error", fail);
    // Node closes the connection without an error.
    asked.on("upgrade", (_, socket) => {
      socket.destroy();
      fail(new Error("the answer is in another protocol"));
    });
    asked.end(body);
  });
}

/** What to log of a failure. Node leaves the message empty where several addresses failed. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}
