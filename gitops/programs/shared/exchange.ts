/** One HTTP exchange, with limits on its time and on the size of the answer. */
import http, { type IncomingMessage } from "node:http";
import https from "node:https";

/** A compromised device can send an endless answer. */
const answerBytesMax = 8 * 2 ** 20;

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
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** The server's answer, of whatever status. */
export function exchange(url: string, options: ExchangeOptions): Promise<Answer> {
  const { method = "GET", headers, body, signal, agent, authorities } = options;
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
      bodyOf(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, body: bytes }),
        fail,
      );
    });
    asked.on("error", fail);
    asked.end(body);
  });
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > answerBytesMax) throw new Error("the answer is longer than 8 MiB");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** What to log of a failure. Node leaves the message empty where several addresses failed. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}
