/** Downloads from a web server that may be slow, unreachable or wrong. */
import { setTimeout as sleep } from "node:timers/promises";
import { OperationError } from "../../../fleet/files/operation-error.ts";

/** How long to wait for a server, and how often to retry. */
export interface Patience {
  /** A connection without a byte for this long is closed. */
  readonly silenceMilliseconds: number;
  /** The delays before each retry; they start again after a try that got further than before. */
  readonly retryDelaysMilliseconds: readonly number[];
  /** A small file that takes longer is given up. @default two minutes */
  readonly smallFileMilliseconds?: number;
}

/** A server that asks for a longer delay (`Retry-After`) is asked no more. */
const retryAfterMillisecondsMax = 60_000;

export const patience: Patience = {
  silenceMilliseconds: 60_000,
  retryDelaysMilliseconds: [1_000, 2_000, 4_000, 8_000, 16_000],
};

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A failure that a retry may fix. */
export class Interruption extends Error {
  /** No connection: no network, or no server. */
  readonly unreachable: boolean;
  /** The delay that the server asks for. */
  readonly retryAfterMilliseconds: number;

  constructor(
    message: string,
    options?: ErrorOptions & {
      readonly unreachable?: boolean;
      readonly retryAfterMilliseconds?: number;
    },
  ) {
    super(message, options);
    this.name = "Interruption";
    this.unreachable = options?.unreachable ?? false;
    this.retryAfterMilliseconds = options?.retryAfterMilliseconds ?? 0;
  }
}

/** More than two are rare. */
const redirectsMax = 5;

/**
 * One request. The connection is closed when `use` is done, even if the body is not read.
 *
 * @param say called with each redirect to another host
 * @param totalMilliseconds how long all of it may take @default no limit
 * @throws Interruption if the network or the server failed, OperationError if a retry is useless
 */
export async function get<Result>(
  url: string,
  headers: Readonly<Record<string, string>>,
  silenceMilliseconds: number,
  use: (reply: Reply) => Promise<Result>,
  say: (text: string) => void,
  totalMilliseconds?: number,
): Promise<Result> {
  const stopper = new AbortController();
  const silence = `received nothing for ${silenceMilliseconds / 1000} s`;
  const stop = () => stopper.abort(new Interruption(`${hostOf(url)}: ${silence}`));
  const timer = setTimeout(stop, silenceMilliseconds);
  const tooSlow = () =>
    stopper.abort(
      new OperationError(`${url}: not complete after ${(totalMilliseconds ?? 0) / 1000} s`),
    );
  const limit = totalMilliseconds && setTimeout(tooSlow, totalMilliseconds);
  try {
    const response = await followRedirects(url, headers, stopper.signal, say);
    const { status } = response;
    if (status >= 500 || status === 429 || status === 408) {
      const retryAfterMilliseconds = retryAfter(response.headers.get("retry-after"));
      throw new Interruption(`${response.url} answers ${status}`, { retryAfterMilliseconds });
    }
    const body = watched(response.body, () => timer.refresh());
    return await use({ status, headers: response.headers, body });
  } catch (error) {
    throw stopper.signal.aborted ? stopper.signal.reason : meaningOf(error, url);
  } finally {
    clearTimeout(timer);
    if (limit) clearTimeout(limit);
    stopper.abort();
  }
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfter(header: string | null): number {
  if (header === null) return 0;
  const delay = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(delay) ? Math.max(0, delay) : 0;
}

async function followRedirects(
  url: string,
  allHeaders: Readonly<Record<string, string>>,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<Response> {
  let place = safeUrl(url, url);
  let headers = allHeaders;
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const response = await fetch(place, { headers, signal, redirect: "manual" });
    const target = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || target === null) return response;
    await response.body?.cancel();
    const next = safeUrl(target, place.href);
    if (next.host !== place.host) {
      say(`${place.host} redirects to ${next.host}`);
      // A token is for the host that it was asked for.
      const { authorization: _token, ...others } = headers;
      headers = others;
    }
    place = next;
  }
  throw new OperationError(`${url}: more than ${redirectsMax} redirections, one after the other`);
}

/** @throws OperationError for a URL without encryption */
function safeUrl(target: string, from: string): URL {
  const isFirst = target === from;
  if (!URL.canParse(target, isFirst ? undefined : from)) {
    const what = JSON.stringify(target);
    throw new OperationError(
      isFirst
        ? `${what} is not a valid URL`
        : `${from} redirects to ${what}, which is not a valid URL`,
    );
  }
  const url = new URL(target, isFirst ? undefined : from);
  const isLoopback = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback)) return url;
  const how = isFirst ? "is" : `redirects to ${url.href}, which is`;
  throw new OperationError(`${from} ${how} not https; nothing is downloaded that way`);
}

async function* watched(
  body: AsyncIterable<Uint8Array> | null,
  alive: () => void,
): AsyncGenerator<Uint8Array> {
  alive();
  for await (const bytes of body ?? []) {
    alive();
    yield bytes;
  }
}

/** The system's error codes for a missing connection. */
const unreachable: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name cannot be resolved",
  EAI_AGAIN: "its name cannot be resolved now",
  ECONNREFUSED: "it refuses the connection",
  ENETUNREACH: "its network is unreachable",
  EHOSTUNREACH: "it is unreachable",
  ETIMEDOUT: "it does not answer",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
};

/** The cause of an error of Node's fetch tells what happened. */
function meaningOf(error: unknown, url: string): unknown {
  const isNetwork =
    error instanceof TypeError && ["fetch failed", "terminated"].includes(error.message);
  if (!isNetwork) return error;
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  const code = cause?.code ?? cause?.message ?? "unknown";
  const host = hostOf(url);
  if (/CERT|SIGNED|SIGNATURE|ISSUER/.test(code)) {
    const message = `${host}: its certificate is not accepted (${code}). If a proxy inspects TLS, set $NODE_EXTRA_CA_CERTS to the file with its authority`;
    return new OperationError(message, { cause: error });
  }
  const meaning = unreachable[code];
  if (meaning === undefined) {
    return new Interruption(`${host}: the connection broke (${code})`, { cause: error });
  }
  const message = `${host} can't be reached: ${meaning} (${code})`;
  return new Interruption(message, { cause: error, unreachable: true });
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/**
 * Retries after each interruption, with growing delays.
 *
 * @param reached the number of bytes so far, which tells whether a try got further
 * @throws the last interruption after the last retry
 */
export async function withRetries<Result>(
  { retryDelaysMilliseconds }: Patience,
  say: (text: string) => void,
  reached: () => number,
  work: () => Promise<Result>,
): Promise<Result> {
  let furthest = reached();
  let failures = 0;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      if (reached() > furthest) {
        furthest = reached();
        failures = 0;
      }
      // Nothing yet and no server: most likely there is no network, and a person waits.
      const triesMax = error.unreachable && furthest === 0 ? 1 : retryDelaysMilliseconds.length;
      const asked = error.retryAfterMilliseconds;
      const own = failures < triesMax ? retryDelaysMilliseconds[failures] : undefined;
      if (own === undefined || asked > retryAfterMillisecondsMax) throw error;
      const delay = Math.max(own, asked);
      failures++;
      say(`${error.message}; trying again in ${delay / 1000} s`);
      await sleep(delay);
    }
  }
}

export interface SmallReply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/**
 * The reply to one request as a whole, of any status that a retry would not change.
 *
 * @throws OperationError if it is longer than `sizeMax` bytes or takes too long; Interruption after
 *   the last retry
 */
export async function getReply(
  url: string,
  headers: Readonly<Record<string, string>>,
  sizeMax: number,
  patienceHere: Patience,
  say: (text: string) => void,
): Promise<SmallReply> {
  const { silenceMilliseconds, smallFileMilliseconds = 120_000 } = patienceHere;
  const read = async ({ status, headers: found, body }: Reply): Promise<SmallReply> => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const bytes of body) {
      size += bytes.length;
      if (size > sizeMax) {
        throw new OperationError(`${url}: longer than ${sizeMax} bytes, which is not expected`);
      }
      chunks.push(bytes);
    }
    return { status, headers: found, bytes: Buffer.concat(chunks) };
  };
  const work = () => get(url, headers, silenceMilliseconds, read, say, smallFileMilliseconds);
  return withRetries(patienceHere, say, () => 0, work);
}

/** A small file as a whole; undefined if the server does not have it (404 or 410). */
export async function getSmall(
  url: string,
  sizeMax: number,
  patienceHere: Patience,
  say: (text: string) => void,
): Promise<Buffer | undefined> {
  const { status, bytes } = await getReply(url, {}, sizeMax, patienceHere, say);
  if (status === 404 || status === 410) return undefined;
  if (status !== 200) throw new OperationError(`${url} answers ${status}`);
  return bytes;
}
