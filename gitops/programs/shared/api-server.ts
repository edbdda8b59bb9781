/** The API server of a Kubernetes cluster: the hub's, or a device's. */
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { parsePage, type ApiObject, type Page } from "./api-objects.ts";
import { exchange } from "./exchange.ts";
import { parseJson, TooLarge, type JsonLimits } from "./json.ts";

export interface ApiServer {
  /** Without a path: `https://kubernetes.default.svc`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent: http.Agent;
  /** Ends every exchange with it. */
  readonly signal: AbortSignal;
  /** @default the limits of the hub */
  readonly limits?: AnswerLimits;
}

/** What is read of one answer. */
export interface AnswerLimits extends JsonLimits {
  readonly bytesMax: number;
}

/** The hub's answers contain what devices report, such as the messages in the status of an Application. */
const hubLimits: AnswerLimits = { bytesMax: 8 * 2 ** 20, valuesMax: 300_000, depthMax: 64 };

export interface Change {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly content: unknown;
  /** @default application/json */
  readonly contentType?: string;
}

/** Changes an object. Returns the status; the rest of the answer is not needed. */
export async function change(
  { url, agent, signal, headers, limits = hubLimits }: ApiServer,
  path: string,
  { method, content, contentType = "application/json" }: Change,
): Promise<number> {
  const { status } = await exchange(url + path, {
    method,
    agent,
    signal,
    headers: { ...headers, "content-type": contentType },
    body: JSON.stringify(content),
    bytesMax: limits.bytesMax,
  });
  return status;
}

/** A change that must be done: any other status is an error. */
export async function requireChange(server: ApiServer, path: string, made: Change): Promise<void> {
  const status = await change(server, path, made);
  if (!isDone(status)) throw new Error(`${made.method} ${path}: ${status}`);
}

export const isDone = (status: number) => status >= 200 && status < 300;

export interface ListOptions {
  /** Objects in a page. Fewer are asked for if a page is too large. */
  readonly limit: number;
  /** @default every object */
  readonly labelSelector?: string;
  /** A compromised device can send pages without an end. @default no limit */
  readonly pagesMax?: number;
}

/** Every object, page by page, so that one page at a time is in memory. */
export async function* listAll<T extends ApiObject>(
  server: ApiServer,
  path: string,
  { limit, labelSelector, pagesMax = Infinity }: ListOptions,
): AsyncGenerator<T> {
  let size = limit;
  let next = "";
  for (let pages = 0; pages < pagesMax; pages++) {
    const query = {
      limit: String(size),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(next !== "" && { continue: next }),
    };
    const page = await readPage<T>(server, path, query).catch((error: unknown) => {
      if (error instanceof TooLarge && size > 1) return undefined;
      throw error;
    });
    if (page === undefined) {
      size = Math.ceil(size / 4);
      continue;
    }
    yield* page.items;
    next = page.next;
    if (next === "") return;
  }
  throw new Error(`GET ${server.url}${path}: more than ${pagesMax} pages`);
}

/** One page. A missing one is an error. */
async function readPage<T extends ApiObject>(
  server: ApiServer,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<Page<T>> {
  const page = await readObject(server, path, `?${new URLSearchParams(query)}`);
  if (page === undefined) throw new Error(`GET ${server.url}${path}: 404`);
  return parsePage(page);
}

/** One object; undefined if there is none. Any status but 200 and 404 is an error. */
export async function readObject(
  { url, agent, signal, headers, limits = hubLimits }: ApiServer,
  path: string,
  query = "",
): Promise<unknown> {
  const { status, body } = await exchange(url + path + query, {
    agent,
    signal,
    ...(headers && { headers }),
    bytesMax: limits.bytesMax,
  });
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`GET ${url}${path}: ${status}`);
  return parseJson(body, limits);
}

export interface HubAccess {
  /** The URL of the hub's API server. */
  readonly url: string;
  /** The folder of the pod's service account: `token` and `ca.crt`. */
  readonly account: string;
}

/** Where a pod of the hub finds its own API server. `HUB_SERVER` and `HUB_ACCOUNT` are for tests. */
export function hubAccess({ HUB_SERVER, HUB_ACCOUNT }: NodeJS.ProcessEnv): HubAccess {
  return {
    url: HUB_SERVER ?? "https://kubernetes.default.svc",
    account: HUB_ACCOUNT ?? "/var/run/secrets/kubernetes.io/serviceaccount",
  };
}

/**
 * Runs `use` with the hub's API server. The token and the certificate are read each time: the kubelet
 * renews them.
 */
export async function withHub<T>(
  { url, account }: HubAccess,
  secondsMax: number,
  use: (hub: ApiServer) => Promise<T>,
): Promise<T> {
  const token = readFileSync(join(account, "token"), "utf8").trim();
  const agent = url.startsWith("https:")
    ? new https.Agent({ keepAlive: true, ca: readFileSync(join(account, "ca.crt")) })
    : new http.Agent({ keepAlive: true });
  const signal = AbortSignal.timeout(secondsMax * 1000);
  try {
    return await use({ url, agent, signal, headers: { authorization: `Bearer ${token}` } });
  } finally {
    agent.destroy();
  }
}
