/**
 * Many devices' API servers in one process, each at an address of its own (127.1.0.1, 127.1.0.2 …): what
 * Argo CD's controller asks of them, with objects that no two share. Discovery and the schema are what a real
 * kube-apiserver answers, asked once. Objects are in memory; an applied Deployment is ready at once.
 *
 *   devices-process.ts FOLDER UPSTREAM
 *
 * FOLDER has `tls.crt` and `tls.key` of the devices, `client.crt`, `client.key` and `upstream.crt` for UPSTREAM,
 * and `state.json`, which is read again and again: which devices are away, by their numbers.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import http2, { type Http2SecureServer } from "node:http2";
import https from "node:https";
import type { Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Objects, type Watch } from "./objects.ts";

const [folder = ".", upstream = ""] = process.argv.slice(2);
const file = (name: string) => readFileSync(join(folder, name));

export interface DevicesState {
  readonly count: number;
  /** Numbers of the devices that are away: from, and up to. */
  readonly away: readonly [number, number];
}

let state: DevicesState = { count: 0, away: [0, 0] };
const addressOf = (index: number) => `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;
const indexOf = (address = "") => {
  const [, , high = 0, low = 1] = address.split(".").map(Number);
  return high * 250 + low - 1;
};
const isAway = (index: number) => index >= state.away[0] && index < state.away[1];

/** What the real API server answers, by path and kind of answer. */
const answers = new Map<string, Promise<{ status: number; type: string; body: Buffer }>>();

function ask(path: string, accept: string) {
  const key = `${path} ${accept}`;
  const known =
    answers.get(key) ??
    new Promise<{ status: number; type: string; body: Buffer }>((resolve, reject) => {
      const options = {
        cert: file("client.crt"),
        key: file("client.key"),
        ca: file("upstream.crt"),
        headers: { accept },
      };
      https
        .get(upstream + path, options, (found) => {
          const parts: Buffer[] = [];
          found.on("data", (part: Buffer) => parts.push(part));
          found.on("end", () =>
            resolve({
              status: found.statusCode ?? 0,
              type: String(found.headers["content-type"]),
              body: gzipSync(Buffer.concat(parts)),
            }),
          );
        })
        .on("error", reject);
    });
  answers.set(key, known);
  return known;
}

const stores = new Map<number, Objects>();
const storeOf = (index: number) => {
  const store = stores.get(index) ?? new Objects(`device-${index}`);
  stores.set(index, store);
  return store;
};

async function readBody(request: http2.Http2ServerRequest): Promise<string> {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  return body;
}

async function answer(request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) {
  const address = (request.stream.session?.socket as Socket | undefined)?.localAddress;
  const url = new URL(request.url, "https://device");
  const store = storeOf(indexOf(address));
  const place = store.placeOf(url.pathname);
  const send = (status: number, content: unknown) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(content));
  };
  if (place === undefined) {
    const found = await ask(url.pathname + url.search, String(request.headers.accept ?? "*/*"));
    response.writeHead(found.status, { "content-type": found.type, "content-encoding": "gzip" });
    response.end(found.body);
    return;
  }
  if (request.method === "GET" && place.name === undefined) {
    if (url.searchParams.get("watch") === null) return send(200, store.list(place));
    response.writeHead(200, { "content-type": "application/json" });
    const watch: Watch = { place, send: (event) => response.write(`${JSON.stringify(event)}\n`) };
    store.watch(watch, Number(url.searchParams.get("resourceVersion") ?? 0));
    response.on("close", () => store.unwatch(watch));
    return;
  }
  if (request.method === "GET") return send(...store.get(place));
  if (request.method === "DELETE") return send(...store.remove(place));
  const isDryRun = url.searchParams.get("dryRun") !== null;
  send(...store.apply(place, JSON.parse(await readBody(request)), isDryRun));
}

const server: Http2SecureServer = http2.createSecureServer(
  { cert: file("tls.crt"), key: file("tls.key"), allowHTTP1: false },
  (request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(request.method, request.url, error);
      response.stream?.close();
    });
  },
);
const sockets = new Set<Socket>();
server.on("connection", (socket: Socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.on("error", () => {});
  if (isAway(indexOf(socket.localAddress))) socket.resetAndDestroy();
});
server.on("sessionError", () => {});
server.on("error", () => {});

function readState(): void {
  try {
    state = JSON.parse(file("state.json").toString()) as DevicesState;
  } catch {
    return;
  }
  for (const socket of sockets) {
    if (isAway(indexOf(socket.localAddress))) socket.resetAndDestroy();
  }
}
readState();
setInterval(readState, 200);
server.listen(6443, "0.0.0.0");

/** The metrics of a gateway that all of them dial. */
http
  .createServer((_, response) => {
    const now = Math.floor(Date.now() / 1000);
    const lines = Array.from(
      { length: state.count },
      (__, index) =>
        `wireguard_latest_handshake_seconds{allowed_ips="${addressOf(index)}/32",` +
        `friendly_name="device-${index}"} ${isAway(index) ? now - 1000 : now - 10}\n`,
    );
    response.end(lines.join(""));
  })
  .listen(9586, "127.0.0.1");

// A certificate cannot be read, and so on: said at once.
process.on("unhandledRejection", (error) => console.error(randomUUID(), error));
