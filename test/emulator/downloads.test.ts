/**
 * Ignition's own downloads at a site with a proxy that inspects TLS: the real engine reads a device's
 * configuration, and a proxy on loopback answers for every server, with certificates of its own authority.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { composed, sampleDevice } from "../edge/devices.ts";
import { makeCertificates } from "../made-certificates.ts";
import { sampleFleet, sampleSecrets } from "../sample.ts";
import type { Machine } from "../../fleet/model/machine.ts";
import { applyDownloading, hasEngine } from "./engine.ts";

const body = "#!/bin/sh\n";
const sha256 = createHash("sha256").update(body).digest("hex");
const { authority, server, serverKey } = makeCertificates("github.com");

/** What the proxy was asked, as `CONNECT host:port <login in base64>`. */
async function inspectingProxy(): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request: IncomingMessage, socket) => {
    asked.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    socket.on("error", () => undefined);
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    const secureContext = createSecureContext({ key: serverKey, cert: server });
    const inner = new TLSSocket(socket, { isServer: true, secureContext });
    inner.on("error", () => undefined);
    inner.once("data", () => {
      const head = `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}`;
      inner.end(`${head}\r\n\r\n${body}`);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

const place = { file: "fleet.yaml" };
const login = { form: "proxy-login", from: "env", name: "PROXY_LOGIN", place } as const;
const password = "p@ss:w/rd's%$ \\\"é";

/** What a device of the site reads at its first boot. */
function ignitionOf(machine: Machine): string {
  const { k3s } = sampleFleet.pins;
  const url = "https://github.com/k3s-io/k3s/releases/download/v1/k3s";
  const binary = { x86_64: { url, sha256 }, aarch64: { url, sha256 } };
  const fleet = { ...sampleFleet, pins: { ...sampleFleet.pins, k3s: { ...k3s, binary } } };
  const outside = new Map([["env:PROXY_LOGIN", `till:${password}`]]);
  const device = { ...sampleDevice("store-01"), machine };
  const config = JSON.parse(
    composed(device, { fleet, secrets: { ...sampleSecrets, outside } }).toIgnition(),
  );
  // The engine tries again endlessly, and would look for the disk.
  config.ignition.timeouts = { httpTotal: 4 };
  return JSON.stringify(config);
}

const trustedFiles = [{ name: "company-ca.pem", pem: authority }];

test.skipIf(!hasEngine)("they go through the proxy, with its login and its authority", async () => {
  const { url, asked } = await inspectingProxy();
  const proxy = { http: url, https: url, except: [], login };
  const { succeeded, log, files } = await applyDownloading(ignitionOf({ proxy, trustedFiles }));
  expect(log).not.toContain(password);
  expect(succeeded, log).toBe(true);
  const credentials = Buffer.from(`till:${password}`).toString("base64");
  expect(new Set(asked)).toEqual(new Set([`CONNECT github.com:443 Basic ${credentials}`]));
  expect(files.get("/var/usrlocal/bin/k3s")?.content).toBe(body);
  expect(files.get("/etc/pki/ca-trust/source/anchors/flotilla-1.pem")?.content).toBe(authority);
  expect(files.get("/etc/flotilla/proxy.env")?.mode).toBe(0o600);
});

test.skipIf(!hasEngine)("without its authority the proxy is refused", async () => {
  const { url, asked } = await inspectingProxy();
  const proxy = { http: null, https: url, except: [], login: null };
  const { succeeded, log } = await applyDownloading(ignitionOf({ proxy }));
  expect(succeeded).toBe(false);
  expect(log).toContain("certificate signed by unknown authority");
  expect(asked).toContain("CONNECT github.com:443");
});

test.skipIf(!hasEngine)("exceptions do not go through it", async () => {
  // Without a network: what matters is what the engine looks for.
  const of = (except: readonly string[]) => ({
    proxy: { http: null, https: "http://127.0.0.1:3128", except, login: null },
  });
  const apply = (except: readonly string[]) =>
    applyDownloading(ignitionOf(of(except)), { hasNetwork: false });
  expect((await apply([])).log).toContain("proxyconnect tcp");
  const { log } = await apply(["github.com"]);
  expect(log).toContain("lookup github.com");
  expect(log).not.toContain("proxyconnect tcp");
});
