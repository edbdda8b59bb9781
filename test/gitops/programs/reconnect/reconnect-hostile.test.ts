/**
 * The program as its pod runs it, with gateways that give one hostile answer after the other, a hub that
 * does so too, and a gateway that is good. Held: the pod's limit of memory, that a device that is back
 * is served meanwhile, and that no line of the log is forged.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocketServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
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

/** Of the pod (gitops/gateway/reconnect.ts), in MiB. */
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
  "no time": answer(
    handshake("good-1", "x") + handshake("good-1", "1e999") + handshake("good-1", ""),
  ),
  "bytes that are not UTF-8": answer(Buffer.alloc(7 * mebibyte, 0xff)),
  "gzip that grows": answer(
    gzipSync(Buffer.alloc(512 * mebibyte)),
    "HTTP/1.1 200 OK\r\ncontent-encoding: gzip",
  ),
};
const ofGateways = Object.values({ ...hostileAnswers, ...hostileMetrics });

/** The hub is waited for, up to 300 s; what devices report in its answers is another matter. */
const ofHub = Object.entries(hostileAnswers)
  .filter(([name]) => ![...slowAnswers, "pages without an end"].includes(name))
  .map(([, hostile]) => hostile);

const folder = mkdtempSync(join(tmpdir(), "flotilla-hostile-"));
const servers: Server[] = [];
const asked = { gateways: 0, hub: 0 };
const refreshed: string[] = [];
let seconds = 0;
let child: ChildProcess;
let output = "";

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const goodGateway = createServer((_, response) => {
  response.end(handshake("good-1", seconds));
});

/** Every second request gets a hostile answer in place of this. */
const goodHub = createServer((request, response) => {
  if (request.method === "PATCH") refreshed.push(request.url?.split("/").at(-1) ?? "");
  const metadata = { name: "good-1.pos", labels: { "flotilla.dev/device": "good-1" } };
  const message = `${forgery}${"x".repeat(mebibyte)}`;
  const status = { sync: { status: "Synced" }, conditions: [{ message }] };
  response.end(JSON.stringify({ metadata: {}, items: [{ metadata, status }] }));
});

beforeAll(async () => {
  const gateway = createSocketServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => ofGateways[asked.gateways++ % ofGateways.length]?.(socket));
  });
  const hub = createSocketServer((socket: Socket) => {
    socket.on("error", () => {});
    const turn = asked.hub++;
    if (turn % 2 === 1) goodHub.emit("connection", socket);
    else socket.on("data", () => ofHub[(turn / 2) % ofHub.length]?.(socket));
  });
  const hostile = await listen(gateway);
  // Twice the same one, by two names: the answers go in turn.
  const gateways = [hostile, hostile.replace("127.0.0.1", "localhost"), await listen(goodGateway)];
  writeFileSync(join(folder, "reconnect.mjs"), programText("reconnect"));
  writeFileSync(join(folder, "token"), "token");
  // What Node chooses by itself in a container of 256 MiB.
  child = spawn(process.execPath, ["--max-old-space-size=128", join(folder, "reconnect.mjs")], {
    env: {
      HUB_SERVER: await listen(hub),
      HUB_ACCOUNT: folder,
      GATEWAYS: gateways.join(" "),
      LOOK_SECONDS: "0.05",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data: Buffer) => (output += data.toString()));
  }
});

afterAll(() => {
  child.kill();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

test("a device that is back is served, in bounded memory, and no line is forged", async () => {
  const waits = { timeout: 60_000, interval: 50 };
  let rounds = 0;
  do {
    const before = refreshed.length;
    seconds = Math.floor(Date.now() / 1000);
    await vi.waitFor(() => expect(refreshed.length).toBeGreaterThan(before), waits);
    seconds = 0;
    const answered = asked.gateways;
    // Its absence is seen: each gateway is asked twice more.
    await vi.waitFor(() => expect(asked.gateways).toBeGreaterThan(answered + 4), waits);
    rounds += 1;
    expect(child.exitCode, output).toBe(null);
  } while (asked.gateways < ofGateways.length || asked.hub < 2 * ofHub.length);
  expect(rounds).toBeGreaterThan(5);
  expect(new Set(refreshed)).toEqual(new Set(["good-1.pos"]));
  expect(memoryPeak(child.pid)).toBeLessThan(memoryMax);
  expect(unsafeLines(output)).toEqual([]);
  const lines = output.split("\n").filter((line) => line !== "");
  const expected =
    /^(good-1\.pos: Argo CD is asked to compare it again|the hub: |http:\/\/(127\.0\.0\.1|localhost):\d+: )/;
  expect(lines.filter((line) => !expected.test(line))).toEqual([]);
}, 300_000);
