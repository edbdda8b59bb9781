/** A web server of one test, on this machine only, with the faults that the internet has. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What the server was asked, and how much of a body it gave. */
export interface Visit {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  sentBytes: number;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, visit: Visit) => void;

export interface Origin {
  /** Without a trailing slash. */
  readonly url: string;
  /** Every request so far, in order. */
  readonly visits: readonly Visit[];
}

/**
 * @param answers by path; of several, each serves one request and the last one all others. A path
 *   that is not there gets 404
 */
export async function serve(
  answers: Readonly<Record<string, Answer | readonly Answer[]>>,
): Promise<Origin> {
  const visits: Visit[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const before = visits.filter((visit) => visit.path === path).length;
    const { range, "if-range": ifRange } = request.headers;
    const visit: Visit = { path, range, ifRange: ifRange as string | undefined, sentBytes: 0 };
    visits.push(visit);
    const list = [answers[path] ?? status(404)].flat();
    (list[before] ?? list.at(-1))?.(request, response, visit);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, visits };
}

export interface FileFaults {
  readonly etag?: string;
  /** Whether `Range` is understood. @default true */
  readonly ranges?: boolean;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Nothing more is sent after so many bytes, and the connection stays open. */
  readonly stallAfter?: number;
  /** What `Content-Length` says. @default the truth; null for none */
  readonly length?: number | null;
}

/** Serves the bytes as a good server would, but for the faults. */
export function file(bytes: Uint8Array, faults: FileFaults = {}): Answer {
  return (request, response, visit) => {
    const { etag, ranges = true, cutAfter, stallAfter } = faults;
    const start = ranges ? rangeStart(request, etag) : undefined;
    if (etag !== undefined) response.setHeader("etag", etag);
    if (start !== undefined && start >= bytes.length) {
      response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
      return;
    }
    const body = bytes.subarray(start ?? 0);
    const length = faults.length === undefined ? body.length : faults.length;
    if (length !== null) response.setHeader("content-length", length);
    if (start !== undefined) {
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      response.setHeader("content-range", range);
    }
    response.writeHead(start === undefined ? 200 : 206);
    const sent = body.subarray(0, cutAfter ?? stallAfter ?? body.length);
    visit.sentBytes = sent.length;
    if (stallAfter !== undefined) response.write(sent);
    else if (cutAfter === undefined) response.end(sent);
    else response.write(sent, () => setTimeout(() => response.destroy(), 20));
  };
}

/** Where the asked part starts; undefined where the whole is due. */
function rangeStart(request: IncomingMessage, etag: string | undefined): number | undefined {
  const { range, "if-range": ifRange } = request.headers;
  const [, start] = /^bytes=(\d+)-$/.exec(range ?? "") ?? [];
  if (start === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  return Number(start);
}

export function status(code: number): Answer {
  return (_request, response) => void response.writeHead(code).end("no");
}

export function redirect(location: string): Answer {
  return (_request, response) => void response.writeHead(302, { location }).end();
}
