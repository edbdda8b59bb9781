/**
 * The program that looks out for devices that are back, run by Node as its pod runs it, against a hub
 * and a gateway on loopback that say what the test wants. test/e2e runs it against the real ones.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { synthesizeState } from "../../../../gitops/app.ts";
import { sampleFleet, samplePublicKeys } from "../../../sample.ts";

interface ConfigMap {
  readonly kind: string;
  readonly data: Readonly<Record<string, string>>;
}

const files = synthesizeState(sampleFleet, samplePublicKeys);
const objects = loadAll(files.get("hub/argocd/reconnect.yaml") ?? "") as ConfigMap[];
const script = objects.find(({ kind }) => kind === "ConfigMap")?.data["reconnect.mjs"] ?? "";

/** Device → seconds since the last handshake. */
let handshakes: Record<string, number> = {};
/** Application → its device and status. */
let applications: Record<string, readonly [device: string, sync: string]> = {};
let refreshed: string[] = [];
/** Device → whether Argo CD skips it. */
let skipped: Record<string, boolean> = {};
let leases = 0;
let gatewayAnswers = true;
/** Devices whose registrations cannot be changed. */
let refused: string[] = [];
/** Requests to change a registration. */
let attempts = 0;

let server: Server;
let child: ChildProcess;
let folder = "";
let output = "";

beforeEach(async () => {
  [handshakes, applications, refreshed, gatewayAnswers] = [{}, {}, [], true];
  [skipped, leases, refused, attempts] = [{}, 0, [], 0];
  server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path === "/metrics") {
      response.statusCode = gatewayAnswers ? 200 : 503;
      const lines = Object.entries(handshakes).map(([name, age]) => {
        const seconds = Math.floor(Date.now() / 1_000 - age);
        return `wireguard_latest_handshake_seconds{friendly_name="${name}"} ${seconds}\n`;
      });
      return response.end(lines.join(""));
    }
    expect(request.headers.authorization).toBe("Bearer sample");
    if (request.method === "PATCH") {
      const [, kind, name = ""] = /\/(\w+)\/([^/?]+)(?:\?|$)/.exec(path) ?? [];
      if (kind === "leases") leases++;
      else if (kind === "secrets") {
        attempts++;
        if (refused.includes(name)) {
          response.statusCode = 403;
          return response.end("{}");
        }
        const isRelease = request.headers["content-type"] === "application/json-patch+json";
        if (isRelease && !skipped[name]) response.statusCode = 422;
        skipped[name] = !isRelease;
      } else refreshed.push(name);
      return response.end("{}");
    }
    // Two to a page, as the hub gives 500.
    const names = Object.keys(applications);
    const from = Number(new URL(path, "http://hub").searchParams.get("continue"));
    const items = names.slice(from, from + 2).map((name) => ({
      metadata: { name, labels: { "flotilla.dev/device": applications[name]?.[0] } },
      status: { sync: { status: applications[name]?.[1] } },
    }));
    const next = from + 2 < names.length ? String(from + 2) : undefined;
    response.end(JSON.stringify({ items, metadata: { continue: next } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  child.kill();
  server.close();
  rmSync(folder, { recursive: true });
});

function start(): void {
  folder = mkdtempSync(join(tmpdir(), "flotilla-reconnect-"));
  const path = join(folder, "reconnect.mjs");
  writeFileSync(path, script);
  writeFileSync(join(folder, "token"), "sample\n");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  output = "";
  child = spawn(process.execPath, [path], {
    env: {
      HUB_SERVER: url,
      HUB_ACCOUNT: folder,
      GATEWAYS: url,
      LOOK_SECONDS: "0.05",
      SILENT_SECONDS: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout?.on("data", (data) => (output += String(data)));
  child.stderr?.on("data", (data) => (output += String(data)));
}

const later = { timeout: 10_000, interval: 50 };
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 600));

test("the applications of a device that is back are asked again, once if all is well", async () => {
  handshakes = { "store-01": 400, "store-02": 20 };
  applications = {
    a: ["store-01", "Synced"],
    b: ["store-02", "Synced"],
    c: ["store-01", "Unknown"],
    d: ["", "OutOfSync"],
  };
  start();
  await vi.waitFor(() => expect(refreshed).toEqual(["b"]), later);
  handshakes["store-01"] = 1;
  await vi.waitFor(() => expect(refreshed.toSorted()).toEqual(["a", "b", "c"]), later);
  await aWhile();
  expect(refreshed).toHaveLength(3);
});

test("a device that is silent is skipped until it shakes hands, and then asked again", async () => {
  handshakes = { "store-01": 400, "store-02": 20 };
  applications = { a: ["store-01", "Synced"], b: ["store-02", "Synced"] };
  start();
  await vi.waitFor(() => expect(skipped).toEqual({ "store-01": true, "store-02": false }), later);
  expect(refreshed).toEqual(["b"]);
  handshakes["store-01"] = 1;
  await vi.waitFor(() => expect(refreshed).toEqual(["b", "a"]), later);
  expect(skipped).toEqual({ "store-01": false, "store-02": false });
  expect(leases).toBe(1);
});

test("a gateway that does not answer for a while brings no device back", async () => {
  handshakes = { "store-01": 20 };
  applications = { a: ["store-01", "Synced"] };
  start();
  await vi.waitFor(() => expect(refreshed).toEqual(["a"]), later);
  gatewayAnswers = false;
  await vi.waitFor(() => expect(output).toContain("no answer, Argo CD skips none"), later);
  gatewayAnswers = true;
  await aWhile();
  expect(output.match(/: status 503$/gm)).toHaveLength(1);
  expect(output.match(/: works again after \d+ s$/gm)).toHaveLength(1);
  expect(refreshed).toEqual(["a"]);
  handshakes["store-01"] = 181;
  await aWhile();
  handshakes["store-01"] = 1;
  await vi.waitFor(() => expect(refreshed).toEqual(["a", "a"]), later);
});

test("a registration that cannot be changed at the start stops neither the Lease nor the others", async () => {
  handshakes = { "store-01": 20, "store-02": 20, "store-03": 400 };
  applications = { a: ["store-01", "Synced"], b: ["store-02", "Synced"] };
  refused = ["store-01"];
  start();
  await vi.waitFor(() => expect(skipped).toEqual({ "store-02": false, "store-03": true }), later);
  await vi.waitFor(() => expect(leases).toBe(1), later);
  await aWhile();
  // Each once, and not again at each look.
  expect(attempts).toBe(3);
  expect(output).toContain("store-01: no right to change it");
});
