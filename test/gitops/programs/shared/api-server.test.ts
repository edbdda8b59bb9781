import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  change,
  hubAccess,
  listAll,
  withHub,
  type HubAccess,
} from "../../../../gitops/programs/shared/api-server.ts";

let folder: string;
let server: Server;
let access: HubAccess;
let asked: { url: string; token: string | undefined; type: string | undefined }[];
let answer: (request: IncomingMessage) => readonly [status: number, body: string];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "flotilla-hub-"));
  writeFileSync(join(folder, "token"), "first\n");
  asked = [];
  server = createServer((request, response) => {
    const { authorization: token, "content-type": type } = request.headers;
    asked.push({ url: request.url ?? "", token, type });
    const [status, body] = answer(request);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  access = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account: folder,
  };
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

async function namesOf(labelSelector?: string): Promise<string[]> {
  return withHub(access, 10, async (hub) => {
    const names: string[] = [];
    const options = { limit: 2, ...(labelSelector && { labelSelector }) };
    for await (const { metadata } of listAll(hub, "/api/v1/secrets", options)) {
      names.push(metadata.name);
    }
    return names;
  });
}

test("a list is read page by page, with the token as it is at that time", async () => {
  const pages = [["a", "b"], ["c", "d"], ["e"]];
  answer = ({ url = "" }) => {
    const page = Number(new URL(url, "http://hub").searchParams.get("continue"));
    const items = (pages[page] ?? []).map((name) => ({ metadata: { name } }));
    const next = page + 1 < pages.length ? String(page + 1) : "";
    return [200, JSON.stringify({ items, metadata: { continue: next } })];
  };
  expect(await namesOf("app=a")).toEqual(["a", "b", "c", "d", "e"]);
  expect(asked.map(({ url }) => url)).toEqual([
    "/api/v1/secrets?limit=2&labelSelector=app%3Da",
    "/api/v1/secrets?limit=2&labelSelector=app%3Da&continue=1",
    "/api/v1/secrets?limit=2&labelSelector=app%3Da&continue=2",
  ]);
  writeFileSync(join(folder, "token"), "second\n");
  await namesOf();
  expect(new Set(asked.map(({ token }) => token))).toEqual(
    new Set(["Bearer first", "Bearer second"]),
  );
});

test("a page that is too large is asked for again with fewer objects", async () => {
  const names = Array.from({ length: 5 }, (_, index) => `n${index}`);
  // Objects of 3 MiB, as large messages of one device in the status of an Application could be.
  const labels = { a: "x".repeat(3 * 2 ** 20) };
  answer = ({ url = "" }) => {
    const query = new URL(url, "http://hub").searchParams;
    const from = Number(query.get("continue"));
    const next = from + Number(query.get("limit"));
    const items = names.slice(from, next).map((name) => ({ metadata: { name, labels } }));
    const more = next < names.length ? String(next) : "";
    return [200, JSON.stringify({ items, metadata: { continue: more } })];
  };
  const found = await withHub(access, 10, async (hub) => {
    const all: string[] = [];
    for await (const { metadata } of listAll(hub, "/a", { limit: 5 })) all.push(metadata.name);
    return all;
  });
  expect(found).toEqual(names);
});

test("a list that is refused names its path and the status", async () => {
  answer = () => [403, "{}"];
  await expect(namesOf()).rejects.toThrow(`GET ${access.url}/api/v1/secrets: 403`);
});

test("an answer that is not JSON is not quoted", async () => {
  answer = () => [200, "a password"];
  await expect(namesOf()).rejects.toThrow(/^the answer is not JSON$/);
});

test("the type of the content is sent, JSON by default", async () => {
  answer = () => [201, "{}"];
  await withHub(access, 10, async (hub) => {
    await change(hub, "/a", { method: "POST", content: {} });
    await change(hub, "/a", { method: "PATCH", content: {}, contentType: "application/x" });
  });
  expect(asked.map(({ type }) => type)).toEqual(["application/json", "application/x"]);
});

test("a pod finds its own API server, and a test another one", () => {
  expect(hubAccess({})).toEqual({
    url: "https://kubernetes.default.svc",
    account: "/var/run/secrets/kubernetes.io/serviceaccount",
  });
  expect(hubAccess({ HUB_SERVER: "http://a", HUB_ACCOUNT: "/b" })).toEqual({
    url: "http://a",
    account: "/b",
  });
});
