/** One visit, to a device that is a small imitation of an API server. */
import { Agent, createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deliver } from "../../../../gitops/programs/courier/delivery.ts";
import {
  readDevices,
  readSecrets,
  type SecretData,
} from "../../../../gitops/programs/courier/hub.ts";
import type { ApiServer } from "../../../../gitops/programs/shared/api-server.ts";

interface Stored {
  readonly labels: Readonly<Record<string, string>>;
  readonly data: SecretData;
}

const own = { "app.kubernetes.io/managed-by": "flotilla-courier" };

/** `<namespace>/<name>` → what is on the device. */
let stored: Map<string, Stored>;
let namespaces: string[];
let changes: string[];
let lines: string[];
let server: Server;
let api: ApiServer;

beforeEach(async () => {
  stored = new Map();
  namespaces = ["pos"];
  [changes, lines] = [[], []];
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString();
      const url = new URL(request.url ?? "", "http://device");
      const [status, answer] =
        request.method === "GET"
          ? [200, page(url.searchParams.get("labelSelector") ?? "")]
          : [change(request.method ?? "", url.pathname, JSON.parse(body) as Change), {}];
      response.writeHead(status).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    agent: new Agent(),
    signal: AbortSignal.timeout(10_000),
  };
});
afterEach(() => server.close());

function page(labelSelector: string): unknown {
  const [key = "", value] = labelSelector.split("=");
  const found = [...stored].filter(([, { labels }]) => labels[key] === value);
  return {
    metadata: {},
    items: found.map(([path, { labels, data }]) => {
      const [namespace, name] = path.split("/");
      return { metadata: { namespace, name, labels, uid: `uid-${name}` }, data };
    }),
  };
}

interface Change {
  readonly metadata?: { readonly name: string; readonly labels: Stored["labels"] };
  readonly data?: SecretData;
  readonly preconditions?: { readonly uid: string };
}

function change(method: string, pathname: string, body: Change): number {
  const [namespace = "", , name] = pathname.split("/").slice(4);
  const path = `${namespace}/${name ?? body.metadata?.name}`;
  if (!namespaces.includes(namespace)) return 404;
  if (method === "POST" && stored.has(path)) return 409;
  if (method === "DELETE" && body.preconditions?.uid !== `uid-${name}`) return 409;
  changes.push(`${method} ${path}`);
  if (method === "DELETE") stored.delete(path);
  else stored.set(path, { labels: body.metadata?.labels ?? {}, data: body.data ?? {} });
  return 200;
}

const visit = (declared: readonly string[], secrets: Record<string, SecretData>) =>
  deliver({
    server: api,
    declared,
    secrets: new Map(Object.entries(secrets)),
    log: (line) => lines.push(line),
  });

test("a Secret is delivered with the courier's mark, once", async () => {
  expect(await visit(["pos/bank"], { "pos/bank": { pin: "MQ==" } })).toBe("");
  expect(await visit(["pos/bank"], { "pos/bank": { pin: "MQ==" } })).toBe("");
  expect(changes).toEqual(["POST pos/bank"]);
  expect(lines).toEqual(["pos/bank delivered"]);
  expect(stored.get("pos/bank")).toEqual({
    labels: { ...own, "flotilla.dev/workload": "pos" },
    data: { pin: "MQ==" },
  });
});

test.each([
  ["a changed value", { pin: "Mg==" }],
  ["one more key", { pin: "MQ==", more: "MQ==" }],
  ["a key fewer", {}],
])("%s on the device is replaced as a whole", async (_, data) => {
  stored.set("pos/bank", { labels: own, data });
  expect(await visit(["pos/bank"], { "pos/bank": { pin: "MQ==" } })).toBe("");
  expect(lines).toEqual(["pos/bank updated"]);
  expect(stored.get("pos/bank")?.data).toEqual({ pin: "MQ==" });
});

test("what is not declared any more is removed, if it is the courier's", async () => {
  stored.set("pos/old", { labels: own, data: {} });
  stored.set("pos/other", { labels: {}, data: {} });
  expect(await visit([], { "pos/old": {} })).toBe("");
  expect([...stored.keys()]).toEqual(["pos/other"]);
  expect(lines).toEqual(["pos/old removed"]);
});

test("what is declared and not on the hub stays as it is", async () => {
  stored.set("pos/bank", { labels: own, data: { pin: "MQ==" } });
  expect(await visit(["pos/bank"], {})).toBe("");
  expect(changes).toEqual([]);
});

test("one that cannot be delivered holds up no other one", async () => {
  stored.set("pos/bank", { labels: {}, data: {} });
  const data = { a: "MQ==" };
  const secrets = { "later/x": data, "pos/bank": data, "pos/prices": data };
  expect(await visit(Object.keys(secrets), secrets)).toBe("later/x waits for its namespace");
  expect(lines).toEqual(["pos/prices delivered"]);
  namespaces.push("later");
  expect(await visit(Object.keys(secrets), secrets)).toBe(
    "pos/bank exists and is not the courier's",
  );
  expect(stored.get("pos/bank")).toEqual({ labels: {}, data: {} });
});

test("an API server that refuses is named with its status alone", async () => {
  server.removeAllListeners("request");
  server.on("request", (_, response) => response.writeHead(500).end('{"message":"a secret"}'));
  await expect(visit(["pos/bank"], {})).rejects.toThrow(`GET ${api.url}/api/v1/secrets: 500`);
});

test("the hub's Secrets and addresses say what goes where", async () => {
  const objects: Record<string, unknown[]> = {
    secrets: [
      {
        metadata: {
          name: "pos.bank",
          labels: { "flotilla.dev/workload": "pos", "flotilla.dev/secret": "bank" },
        },
        data: { pin: "MQ==" },
      },
    ],
    configmaps: [
      { metadata: { name: "till", labels: { a: "1", b: "2" } }, data: { server: "s" } },
      { metadata: { name: "kiosk" }, data: { server: "t", proxyUrl: "p" } },
    ],
  };
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const [, kind = ""] = /\/fleet-secrets\/(\w+)\?/.exec(request.url ?? "") ?? [];
    response.end(JSON.stringify({ items: objects[kind], metadata: {} }));
  });
  expect(await readSecrets(api)).toEqual(new Map([["pos/bank", { pin: "MQ==" }]]));
  const devices = await readDevices(api, {
    pos: { selector: { a: "1", b: "2" }, secrets: ["bank"] },
    board: { selector: { a: "1" }, secrets: ["x"] },
    other: { selector: { a: "2" }, secrets: ["y"] },
    everywhere: { selector: {}, secrets: ["z"] },
  });
  expect(devices).toMatchObject([
    { name: "till", server: "s", workloads: ["pos", "board", "everywhere"] },
    { name: "kiosk", server: "t", proxyUrl: "p", workloads: ["everywhere"] },
  ]);
});
