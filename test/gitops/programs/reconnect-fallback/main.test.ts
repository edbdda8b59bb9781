/** What takes over while `reconnect` does not work, as its job runs it, against a hub on loopback. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { programText } from "../../../../gitops/programs/bundle.ts";

let lease: { status: number; renewTime?: string };
/** Device → what the hub answers to its release. */
let answers: Record<string, number>;
let changes: string[];
let server: Server;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-fallback-"));
  answers = { away: 200, present: 422, direct: 403, removed: 404 };
  changes = [];
  server = createServer((request, response) => {
    const { method, url = "" } = request;
    const [, kind = "", name = ""] = /\/(\w+)\/([^/?]+)(?:\?|$)/.exec(url) ?? [];
    if (kind === "leases") {
      response.statusCode = lease.status;
      return response.end(JSON.stringify({ spec: { renewTime: lease.renewTime } }));
    }
    if (method === "PATCH") {
      changes.push(name);
      response.statusCode = kind === "secrets" ? (answers[name] ?? 500) : 200;
      return response.end("{}");
    }
    const items = Object.keys(answers).map((device) => ({
      metadata: { name: `${device}.pos`, labels: { "flotilla.dev/device": device } },
    }));
    response.end(JSON.stringify({ items, metadata: {} }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function run(): Promise<{ status: number | null; output: string }> {
  writeFileSync(join(folder, "fallback.mjs"), programText("reconnect-fallback"));
  writeFileSync(join(folder, "token"), "sample");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, [join(folder, "fallback.mjs")], {
    env: { HUB_SERVER: url, HUB_ACCOUNT: folder },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => (output += String(data)));
  }
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, output };
}

const ago = (seconds: number) =>
  new Date(Date.now() - seconds * 1000).toISOString().replace("Z", "000Z");

test.each([0, 100, 230, -100])(
  "while the Lease is %i s old nothing is changed",
  async (seconds) => {
    lease = { status: 200, renewTime: ago(seconds) };
    expect(await run()).toEqual({ status: 0, output: "" });
    expect(changes).toEqual([]);
  },
);

test.each([
  ["old", () => ({ status: 200, renewTime: ago(250) })],
  ["of the far future", () => ({ status: 200, renewTime: ago(-86_400) })],
  ["without a time", () => ({ status: 200 })],
  ["missing", () => ({ status: 404 })],
] as const)(
  "a Lease that is %s: Argo CD skips nobody, and compares what it skipped",
  async (_, make) => {
    lease = make();
    const { status, output } = await run();
    expect([status, output]).toEqual([
      0,
      "reconnect does not work: Argo CD skips no device (released: 1)\n",
    ]);
    expect(changes.toSorted()).toEqual(["away", "away.pos", "direct", "present", "removed"]);
  },
);

test("a hub that fails for one device: the others are released, and the job fails", async () => {
  lease = { status: 404 };
  answers["odd"] = 500;
  const { status, output } = await run();
  expect(status).toBe(1);
  expect(output).toContain("/secrets/odd");
  expect(changes).toContain("away.pos");
});

test("a hub that does not say whether the Lease is held: nothing is changed, and the job fails", async () => {
  lease = { status: 403 };
  expect((await run()).status).toBe(1);
  expect(changes).toEqual([]);
});
