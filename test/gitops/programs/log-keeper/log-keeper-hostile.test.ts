/**
 * The log keeper as its pod runs it, once for each hostile answer. Held: the pod's limit of memory, that
 * each run ends with one line a reason, and that it deletes nothing but an index.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocketServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { programText } from "../../../../gitops/programs/bundle.ts";
import {
  hostileAnswers,
  peakIn,
  slowAnswers,
  unsafeLines,
  type HostileAnswer,
} from "../hostile-answers.ts";

/** The memory of the pod (gitops/addons/log-retention.ts), in MiB. */
const memoryMax = 128;
const folder = mkdtempSync(join(tmpdir(), "flotilla-hostile-"));
const settings = { diskShareMax: 0.8, retention: "7d", streams: { "logs-a": {} } };
/** Writes the status of the process into its third pipe. */
const meter = `process.on("exit", () => {
  const { readFileSync, writeSync } = require("node:fs");
  writeSync(3, readFileSync("/proc/self/status"));
});`;

beforeAll(() => {
  writeFileSync(join(folder, "keeper.mjs"), programText("log-keeper"));
  writeFileSync(join(folder, "meter.cjs"), meter);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface KeeperRun {
  readonly code: number | null;
  readonly output: string;
  /** In MiB. */
  readonly memory: number;
}

async function run(port: number): Promise<KeeperRun> {
  // What Node chooses by itself in a container of 128 MiB.
  const args = ["--max-old-space-size=64", "--require", join(folder, "meter.cjs")];
  const child = spawn(process.execPath, [...args, join(folder, "keeper.mjs")], {
    env: {
      SERVER: `http://127.0.0.1:${port}`,
      NAME: "keeper",
      PASSWORD: "PasswordOfTheKeeper",
      SETTINGS: JSON.stringify(settings),
    },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const texts = ["", "", "", ""];
  for (const index of [1, 2, 3]) {
    child.stdio[index]?.on("data", (data: Buffer) => (texts[index] += data.toString()));
  }
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, output: `${texts[1]}${texts[2]}`, memory: peakIn(texts[3] ?? "") };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Against a server that gives the hostile answer to everything. */
async function runAgainst(answer: HostileAnswer): Promise<KeeperRun> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("data", () => answer(socket));
  });
  const result = await run(await listen(server));
  for (const socket of sockets) socket.destroy();
  server.close();
  return result;
}

function expectBounded({ code, output, memory }: KeeperRun): void {
  expect(code, output).toBe(1);
  expect(memory).toBeGreaterThan(20);
  expect(memory).toBeLessThan(memoryMax);
  expect(unsafeLines(output)).toEqual([]);
  expect(output).not.toContain("PasswordOfTheKeeper");
  expect(output.trimEnd().split("\n")).toHaveLength(1);
}

test.each(Object.entries(hostileAnswers).filter(([name]) => !slowAnswers.includes(name)))(
  "%s",
  async (_, answer) => expectBounded(await runAgainst(answer)),
);

test("answers that do not end, each within 30 s", async () => {
  const runs = await Promise.all(slowAnswers.map((name) => runAgainst(hostileAnswers[name]!)));
  runs.forEach(expectBounded);
}, 90_000);

const total = (available: unknown, size: unknown) => ({
  nodes: { a: { fs: { total: { available_in_bytes: available, total_in_bytes: size } } } },
});
const indices = (...names: readonly unknown[]) => ({
  data_streams: [{ indices: [...names, "x"].map((name) => ({ index_name: name })) }],
});
const full = total(10, 100);

/** What the disk and the streams are said to be, and the error or the index that is deleted. */
const statements: readonly (readonly [string, unknown, unknown, string])[] = [
  ["no nodes", { nodes: {} }, {}, "Error: Elasticsearch does not say how full it is"],
  ["nodes that are a list", { nodes: [1] }, {}, "Error: Elasticsearch does not say how full it is"],
  ["a node that is null", { nodes: { a: null } }, {}, "Error: Elasticsearch does not say how full"],
  ["a size of 0", total(0, 0), {}, "Error: Elasticsearch does not say how full it is"],
  ["numbers as texts", total("x", "y"), {}, "Error: Elasticsearch does not say how full it is"],
  ["more room than disk", total(200, 100), {}, "Error: Elasticsearch does not say how full it is"],
  ["every index", full, indices("*"), "Error: Elasticsearch names an index that it cannot have"],
  ["all indices", full, indices("_all"), "Error: Elasticsearch names an index that it cannot have"],
  [
    "a path",
    full,
    indices("../_security/user/elastic"),
    "Error: Elasticsearch names an index that it cannot have",
  ],
  [
    "a list of indices",
    full,
    indices(".ds-a-2026.11.21-000001,*"),
    "Error: Elasticsearch names an index that it cannot have",
  ],
  ["a number", full, indices(5), "Error: Elasticsearch names an index that it cannot have"],
  [
    "an index",
    full,
    indices(".ds-a-2026.11.21-000001"),
    "90 % of the disk are used: deleting .ds-a-2026.11.21-000001",
  ],
  ["no indices", full, { data_streams: [{}] }, "90 % of the disk are used, and all of it is of"],
  ["no streams", full, { data_streams: null }, "90 % of the disk are used, and all of it is of"],
  ["null for the streams", full, null, "90 % of the disk are used, and all of it is of today"],
];

test.each(statements)("Elasticsearch names %s", async (_, disk, streams, line) => {
  const deleted: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    if (request.method === "DELETE") deleted.push(url);
    response.end(JSON.stringify(url === "/_nodes/stats/fs" ? disk : streams));
  });
  const { code, output } = await run(await listen(server));
  server.close();
  expect(output.startsWith(line), output).toBe(true);
  expect(output.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(line.startsWith("Error") ? 1 : 0);
  expect(deleted).toEqual(line.includes("deleting") ? ["/.ds-a-2026.11.21-000001"] : []);
});

test("a pod that is refused at first, as new ones are, asks again", async () => {
  const server = createServer((request, response) => {
    response.end(JSON.stringify(request.url === "/_nodes/stats/fs" ? total(90, 100) : {}));
  });
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const running = run(port);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  server.listen(port, "127.0.0.1");
  const { code, output } = await running;
  server.close();
  expect([code, output]).toEqual([0, ""]);
});
