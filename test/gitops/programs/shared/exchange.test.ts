import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { exchange, reasonOf } from "../../../../gitops/programs/shared/exchange.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const soon = () => AbortSignal.timeout(10_000);

test("an answer of any status is an answer", async () => {
  const url = await serve((request, response) => {
    response.statusCode = 404;
    request.pipe(response);
  });
  const answer = await exchange(url, { method: "POST", body: "content", signal: soon() });
  expect({ ...answer, body: answer.body.toString() }).toEqual({ status: 404, body: "content" });
});

test.each(["POST", "PUT", "PATCH", "DELETE"])("the body of a %s has its length", async (method) => {
  const url = await serve((request, response) => response.end(request.headers["content-length"]));
  const { body } = await exchange(url, { method, body: "höchst", signal: soon() });
  expect(body.toString()).toBe("7");
});

test("an endless answer is cut off after 8 MiB", async () => {
  let sent = 0;
  const chunk = Buffer.alloc(64 * 1024);
  const url = await serve((_, response) => {
    const send = (): void => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      response.once("drain", send);
    };
    send();
  });
  await expect(exchange(url, { signal: soon() })).rejects.toThrow("longer than 8 MiB");
  expect(sent).toBeLessThan(64 * 2 ** 20);
});

test.each([
  ["before", () => {}],
  ["amid", (response: { write: (text: string) => unknown }) => response.write("half")],
])("a server that stops %s its answer is given up on in time", async (_, begin) => {
  const url = await serve((_request, response) => void begin(response));
  const { host } = new URL(url);
  const signal = AbortSignal.timeout(200);
  await expect(exchange(url, { signal })).rejects.toThrow(`no answer from ${host} in time`);
});

test("a connection that breaks amid the answer is a failure", async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half", () => response.destroy());
  });
  await expect(exchange(url, { signal: soon() })).rejects.toThrow("aborted");
});

test("the reason of a failure that has no message is its code", () => {
  expect(reasonOf(Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }))).toBe(
    "ECONNREFUSED",
  );
  expect(reasonOf(new Error("refused"))).toBe("refused");
});

test("an answer in another protocol is a failure, and so are interim answers without an end", async () => {
  const raw = async (text: string) => {
    const url = await serve(() => {});
    server?.on("connection", (socket) => socket.on("error", () => {}).write(text));
    return exchange(url, { signal: soon() });
  };
  const upgrade = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
  await expect(raw(upgrade)).rejects.toThrow("another protocol");
  const interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(11);
  await expect(raw(interim)).rejects.toThrow("too many interim answers");
});
