/** The program that enforces the retention of logs, against a server that plays Elasticsearch. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { keeperSettings } from "../../../gitops/addons/log-retention.ts";
import { programText } from "../../../gitops/programs/bundle.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-keeper-"));
const script = join(folder, "keeper.mjs");
writeFileSync(script, programText("log-keeper"));
afterAll(() => rmSync(folder, { recursive: true }));

const streams = new Map<string, string[]>();
let asked: string[];
let available: number;
let server: Server;

beforeEach(async () => {
  asked = [];
  available = 50;
  streams.clear();
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const path = request.url ?? "";
      asked.push(`${request.method} ${path}${body && ` ${body.slice(0, 60)}`}`);
      const [status, answer] =
        request.headers.authorization === `Basic ${btoa("log-keeper:secret")}`
          ? reply(request.method ?? "", path)
          : [401, {}];
      response.writeHead(status).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => server.close());

/** As much of Elasticsearch as the keeper asks for. */
function reply(method: string, path: string): [number, unknown] {
  if (path === "/_nodes/stats/fs") {
    const total = { total_in_bytes: 100, available_in_bytes: available };
    return [200, { nodes: { a: { fs: { total } }, b: { fs: { total: { ...total } } } } }];
  }
  const names = /^\/_data_stream\/([^/]+)$/.exec(path)?.[1]?.split(",");
  if (names === undefined) return [200, { acknowledged: true }];
  if (method === "PUT") {
    for (const name of names) streams.set(name, [`.ds-${name}-2026.11.23-000001`]);
    return [200, { acknowledged: true }];
  }
  if (!names.every((name) => streams.has(name))) return [404, {}];
  const indices = (name: string) => (streams.get(name) ?? []).map((index_name) => ({ index_name }));
  return [200, { data_streams: names.map((name) => ({ name, indices: indices(name) })) }];
}

async function run(password = "secret"): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const settings = keeperSettings({ retentionDays: 7, replicas: 0 });
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    env: {
      SERVER: `http://127.0.0.1:${port}`,
      NAME: "log-keeper",
      PASSWORD: password,
      SETTINGS: settings,
    },
  });
  return stdout;
}

test("makes the streams by their templates, and the second time sets their retention", async () => {
  expect(await run()).toBe("");
  expect(asked.map((line) => line.split(" {")[0])).toEqual([
    "PUT /_index_template/logs-hub-default",
    "GET /_data_stream/logs-hub-default",
    "PUT /_data_stream/logs-hub-default",
    "PUT /_index_template/logs-edge-default",
    "GET /_data_stream/logs-edge-default",
    "PUT /_data_stream/logs-edge-default",
    "GET /_nodes/stats/fs",
  ]);
  asked = [];
  await run();
  expect(asked).toContain('PUT /_data_stream/logs-hub-default/_lifecycle {"data_retention":"7d"}');
  expect(asked).not.toContain("PUT /_data_stream/logs-hub-default");
});

test("deletes the oldest index of any stream while the disk is too full", async () => {
  streams.set("logs-hub-default", [
    ".ds-logs-hub-default-2026.11.20-000004",
    ".ds-logs-hub-default-2026.11.21-000005",
  ]);
  streams.set("logs-edge-default", [
    ".ds-logs-edge-default-2026.11.19-000009",
    ".ds-logs-edge-default-2026.11.22-000010",
  ]);
  available = 21;
  expect(await run()).toBe("");
  available = 19;
  expect(await run()).toBe(
    "81 % of the disk are used: deleting .ds-logs-edge-default-2026.11.19-000009\n",
  );
  expect(asked.filter((line) => line.startsWith("DELETE"))).toEqual([
    "DELETE /.ds-logs-edge-default-2026.11.19-000009",
  ]);
});

test("never deletes what is written to: it rolls over first", async () => {
  streams.set("logs-hub-default", [".ds-logs-hub-default-2026.11.23-000001"]);
  streams.set("logs-edge-default", [".ds-logs-edge-default-2026.11.23-000001"]);
  available = 5;
  expect(await run()).toBe("95 % of the disk are used, and all of it is of today: rolling over\n");
  expect(asked.slice(-2)).toEqual([
    "POST /logs-hub-default/_rollover",
    "POST /logs-edge-default/_rollover",
  ]);
});

test("fails aloud where it is refused", async () => {
  await expect(run("wrong")).rejects.toThrow("/_index_template/logs-hub-default: 401");
});
