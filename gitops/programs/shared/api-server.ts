/** The API server of a Kubernetes cluster: the hub's, or a device's. */
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { exchange } from "./exchange.ts";

export interface ApiServer {
  /** Without a path: `https://kubernetes.default.svc`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent: http.Agent;
  /** Ends every exchange with it. */
  readonly signal: AbortSignal;
}

export interface ApiObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

interface Page<T> {
  readonly items: readonly T[];
  readonly metadata: { readonly continue?: string };
}

export interface CallOptions {
  /** @default GET */
  readonly method?: string;
  readonly content?: unknown;
  /** Of the content. @default application/json */
  readonly contentType?: string;
}

/** One request: the answer, of whatever status. */
export async function call(
  server: ApiServer,
  path: string,
  { method = "GET", content, contentType = "application/json" }: CallOptions = {},
): Promise<{ readonly status: number; readonly content: unknown }> {
  const { url, agent, signal } = server;
  const hasContent = content !== undefined;
  const { status, body } = await exchange(url + path, {
    method,
    agent,
    signal,
    headers: { ...server.headers, ...(hasContent && { "content-type": contentType }) },
    ...(hasContent && { body: JSON.stringify(content) }),
  });
  try {
    return { status, content: JSON.parse(body.toString()) as unknown };
  } catch {
    // The parser's own message quotes what it read, which may be a Secret.
    throw new Error(`${method} ${path}: ${status}, the answer is not JSON`);
  }
}

/** One page of objects. Any status but 200 is an error. */
export async function list<T extends ApiObject>(
  server: ApiServer,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<Page<T>> {
  const { status, content } = await call(server, `${path}?${new URLSearchParams(query)}`);
  if (status !== 200) throw new Error(`GET ${server.url}${path}: ${status}`);
  return content as Page<T>;
}

export interface ListOptions {
  /** Objects in a page. */
  readonly limit: number;
  /** @default every object */
  readonly labelSelector?: string;
}

/** Every object, page by page, so that one page at a time is in memory. */
export async function* listAll<T extends ApiObject>(
  server: ApiServer,
  path: string,
  { limit, labelSelector }: ListOptions,
): AsyncGenerator<T> {
  for (let next = ""; ;) {
    const page = await list<T>(server, path, {
      limit: String(limit),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(next !== "" && { continue: next }),
    });
    yield* page.items;
    next = page.metadata.continue ?? "";
    if (next === "") return;
  }
}

export interface HubAccess {
  /** Of the hub's API server. */
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
