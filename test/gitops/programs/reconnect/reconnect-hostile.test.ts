/**
 * The program as its pod runs it, with gateways, or a hub, that give one hostile answer after the other.
 * Held: the pod's limit of memory, that a device that is back is served meanwhile, and that no line of
 * the log is forged.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocketServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { programText } from "../../../../gitops/programs/bundle.ts";
import {
  answer,
  forgery,
  hostileAnswers,
  memoryPeak,
  slowAnswers,
  unsafeLines,
  type HostileAnswer,
} from "../hostile-answers.ts";

/** The memory of the pod (gitops/gateway/reconnect.ts), in MiB. */
const memoryMax = 256;
const mebibyte = 2 ** 20;
const handshake = (name: string, seconds: string | number = 4e9) =>
  `wireguard_latest_handshake_seconds{friendly_name="${name}"} ${seconds}\n`;
const many = (make: (index: number) => string, bytes = 7.9 * mebibyte) =>
  Array.from({ length: bytes / make(100_000).length }, (_, index) => make(index)).join("");

/** Metrics that cost most, or that name what there is not. */
const hostileMetrics: Readonly<Record<string, HostileAnswer>> = {
  "line breaks": answer("\n".repeat(7.9 * mebibyte)),
  "a line without an end": answer(`wireguard_latest_handshake_seconds{${"x".repeat(7 * mebibyte)}`),
  "quotes without an end": answer(
    `wireguard_latest_handshake_seconds{${'friendly_name="'.repeat(mebibyte / 3)}`,
  ),
  "other devices each time": (socket) =>
    answer(many((index) => handshake(`n${index}-${Math.random()}`)))(socket),
  "a forged line": answer(handshake(forgery)),
  "a name of every object": answer(handshake("__proto__") + handshake("constructor")),
  "no time": answer(handshake("a", "x") + handshake("b", "1e999") + handshake("c", "")),
  "bytes that are not UTF-8": answer(Buffer.alloc(7 * mebibyte, 0xff)),
  "gzip that grows": answer(
    gzipSync(Buffer.alloc(512 * mebibyte)),
    "HTTP/1.1 200 OK\r\ncontent-encoding: gzip",
  ),
};
const ofGateways = Object.values({ ...hostileAnswers, ...hostileMetrics });

/** The hub is waited for, up to 300 s. */
const ofHub = Object.entries(hostileAnswers)
  .filter(([name]) => ![...slowAnswers, "pages without an end"].includes(name))
  .map(([, hostile]) => hostile);

const servers: Server[] = [];
let folder: string;
let child: ChildProcess;
let output = "";
let refreshed: string[] = [];

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const goodGateway = () =>
  createServer((_, response) => {
    response.end(handshake("good-1", Math.floor(Date.now() / 1000)));
  });

/** Its application is asked again every 5 s: it is never in sync. */
const goodHub = () =>
  createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    const isRefresh = request.method === "PATCH" && path.includes("/applications/");
    if (isRefresh) refreshed.push(path.split("/").at(-1) ?? "");
    const metadata = { name: "good-1.pos", labels: { "flotilla.dev/device": "good-1" } };
    const conditions = [{ message: `${forgery}${"x".repeat(mebibyte)}` }];
    const status = { sync: { status: "OutOfSync" }, conditions };
    response.end(JSON.stringify({ metadata: {}, items: [{ metadata, status }] }));
  });

async function start(hub: string, gateways: readonly string[]): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), "flotilla-hostile-"));
  [output, refreshed] = ["", []];
  writeFileSync(join(folder, "reconnect.mjs"), programText("reconnect"));
  writeFileSync(join(folder, "token"), "token");
  // What Node chooses by itself in a container of 256 MiB.
  child = spawn(process.execPath, ["--max-old-space-size=128", join(folder, "reconnect.mjs")], {
    env: {
      HUB_SERVER: hub,
      HUB_ACCOUNT: folder,
      GATEWAYS: gateways.join(" "),
      LOOK_SECONDS: "0.05",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data: Buffer) => (output += data.toString()));
  }
}

afterEach(() => {
  child.kill();
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});

/** @param wasAnswered whether every hostile answer was given */
async function expectService(wasAnswered: () => boolean): Promise<void> {
  const waits = { timeout: 250_000, interval: 50 };
  await vi.waitFor(() => expect(wasAnswered(), output).toBe(true), waits);
  const before = refreshed.length;
  expect(before).toBeGreaterThan(1);
  await vi.waitFor(() => expect(refreshed.length).toBeGreaterThan(before), waits);
  expect(child.exitCode, output).toBe(null);
  expect(new Set(refreshed)).toEqual(new Set(["good-1.pos"]));
  expect(memoryPeak(child.pid)).toBeLessThan(memoryMax);
  expect(unsafeLines(output)).toEqual([]);
  const lines = output.split("\n").filter((line) => line !== "");
  const expected =
    /^(good-1\.pos: Argo CD is asked to compare it again|[-\w]{1,63}: it is back|the hub: |http:\/\/127\.0\.0\.1:\d+: )/;
  expect(lines.filter((line) => !expected.test(line))).toEqual([]);
}

test("hostile gateways", async () => {
  let asked = 0;
  const gateway = () =>
    createSocketServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => ofGateways[asked++ % ofGateways.length]?.(socket));
    });
  const gateways = [gateway(), gateway(), gateway(), gateway(), goodGateway()];
  await start(await listen(goodHub()), await Promise.all(gateways.map(listen)));
  await expectService(() => asked >= ofGateways.length);
}, 300_000);

test("a hostile hub", async () => {
  const asked = { lists: 0, changes: 0 };
  const good = goodHub();
  const hub = createSocketServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", (request: Buffer) => {
      // A refresh that failed is tried again 5 s later, so few of them fail.
      const isChange = request.toString().startsWith("PATCH");
      const turn = isChange ? asked.changes++ : asked.lists++;
      if (isChange ? turn % 5 !== 4 : turn % 2 === 1) {
        socket.unshift(request);
        good.emit("connection", socket);
        return;
      }
      const hostile = ofHub[Math.floor(turn / 2) % ofHub.length];
      hostile?.(socket);
      socket.on("data", () => hostile?.(socket));
    });
  });
  await start(await listen(hub), [await listen(goodGateway())]);
  await expectService(() => asked.lists >= 2 * ofHub.length);
}, 300_000);
