/**
 * The courier as its pod runs it, with a device for each hostile answer and one that is good, last in
 * the hub's list. Held: the pod's limit of memory, the time in which the good device is served, and
 * that no device writes a line of another one.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Server as SocketServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  certificate,
  distinguishedName,
  leafConstraints,
} from "../../../../fleet/keys/certificates/certificate.ts";
import { privateKeyPem, signingKey } from "../../../../fleet/keys/certificates/p256.ts";
import { programText } from "../../../../gitops/programs/bundle.ts";
import { hostileAnswers, memoryPeak, unsafeLines } from "../hostile-answers.ts";

/** The memory of the pod (gitops/secrets/courier.ts), in MiB. */
const memoryMax = 256;
const serverName = "device.example";
const key = signingKey(new Uint8Array(48).fill(7));
const identity = {
  key: privateKeyPem(key),
  cert: certificate({
    serial: new Uint8Array(16).fill(1),
    subject: distinguishedName({ commonName: serverName }),
    validity: { notBefore: new Date("2026-01-01"), notAfter: new Date("2049-01-01") },
    key,
    extensions: [leafConstraints],
  }),
};

const names = Object.keys(hostileAnswers).map((name, index) => [`bad-${index}`, name] as const);
const folder = mkdtempSync(join(tmpdir(), "flotilla-hostile-"));
const servers: (Server | SocketServer)[] = [];
const addresses: { name: string; url: string }[] = [];
let pin = "MQ==";
let delivered: string[] = [];
let child: ChildProcess;
let output = "";

async function listen(server: Server | SocketServer, host = "127.0.0.1"): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

async function device(name: string, serve: (socket: Duplex) => void): Promise<void> {
  const server = createTlsServer(identity, (socket) => {
    socket.on("error", () => {}).on("data", () => serve(socket));
  });
  addresses.push({ name, url: `https://127.0.0.1:${await listen(server)}` });
}

/** At an IPv6 address, where this machine has one. */
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
);
const goodAddress = hasIpv6
  ? { host: "::1", inUrl: "[::1]" }
  : { host: "127.0.0.1", inUrl: "127.0.0.1" };

/** Has no Secrets, and takes all. */
const good = createServer((request, response) => {
  let body = "";
  request.on("data", (part: Buffer) => (body += part.toString()));
  request.on("end", () => {
    if (request.method === "POST") delivered.push(body);
    response.end('{"metadata":{},"items":[]}');
  });
});

const hub = createServer((request, response) => {
  const isSecrets = request.url?.includes("/secrets?") ?? false;
  const labels = { "flotilla.dev/workload": "pos", "flotilla.dev/secret": "bank" };
  const secrets = [{ metadata: { name: "pos.bank", labels }, data: { pin } }];
  const devices = addresses.map(({ name, url }) => ({
    metadata: { name, labels: { "flotilla.dev/device": name } },
    data: { server: url, serverName },
  }));
  response.end(JSON.stringify({ metadata: {}, items: isSecrets ? secrets : devices }));
});

beforeAll(async () => {
  for (const [name, kind] of names) await device(name, hostileAnswers[kind]!);
  const server = createTlsServer(identity, (socket) => {
    socket.on("error", () => {});
    good.emit("connection", socket);
  });
  const { host, inUrl } = goodAddress;
  addresses.push({ name: "good", url: `https://${inUrl}:${await listen(server, host)}` });
  const port = await listen(hub);
  writeFileSync(join(folder, "courier.mjs"), programText("courier"));
  writeFileSync(join(folder, "token"), "token");
  writeFileSync(join(folder, "tls.crt"), identity.cert);
  writeFileSync(join(folder, "tls.key"), identity.key);
  const workloads = { pos: { selector: {}, secrets: ["bank"] } };
  const settings = { rootCertificate: identity.cert, workloads };
  writeFileSync(join(folder, "settings.json"), JSON.stringify(settings));
  // What Node chooses by itself in a container of 256 MiB.
  child = spawn(process.execPath, ["--max-old-space-size=128", join(folder, "courier.mjs")], {
    env: {
      HUB_SERVER: `http://127.0.0.1:${port}`,
      HUB_ACCOUNT: folder,
      SETTINGS: join(folder, "settings.json"),
      IDENTITY: folder,
      LOOK_SECONDS: "0.2",
      DEVICES_SECONDS: "1000",
      VISIT_SECONDS: "1000",
      RETRY_SECONDS: "0.5",
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

test("the other devices are served, in bounded memory, and no line is forged", async () => {
  const has = (value: string) => delivered.some((body) => body.includes(`"pin":"${value}"`));
  await vi.waitFor(() => expect(has("MQ==")).toBe(true), { timeout: 60_000, interval: 100 });
  // Now every hostile device is in trouble, and is visited again and again.
  await vi.waitFor(
    () => {
      expect(names.filter(([name]) => !output.includes(`${name}: `))).toEqual([]);
    },
    { timeout: 90_000, interval: 500 },
  );
  pin = "Mg==";
  await vi.waitFor(() => expect(has("Mg==")).toBe(true), { timeout: 25_000, interval: 100 });
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  expect(child.exitCode).toBe(null);
  expect(memoryPeak(child.pid)).toBeLessThan(memoryMax);
  expect(unsafeLines(output)).toEqual([]);
  const lines = output.split("\n").filter((line) => line !== "");
  expect(lines.filter((line) => !/^(bad-\d+|good): /.test(line))).toEqual([]);
  expect(lines.filter((line) => line.startsWith("good"))).toEqual([
    "good: pos/bank delivered",
    "good: pos/bank delivered",
  ]);
}, 200_000);
