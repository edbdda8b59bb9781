import { createServer, type Server } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { throughProxy } from "../../../../gitops/programs/shared/connect-proxy.ts";

let device: ReturnType<typeof createTcpServer>;
let proxy: Server;
let proxyUrl: string;
/** What the proxy answers before the device. */
let answer: string;
let asked: { url: string | undefined; host: string | undefined }[];
let sockets: Socket[];

beforeEach(async () => {
  [asked, sockets] = [[], []];
  answer = "HTTP/1.1 200 Connection established\r\n\r\n";
  device = createTcpServer((socket) => void socket.end("the device"));
  await new Promise<void>((resolve) => device.listen(0, "127.0.0.1", resolve));
  proxy = createServer().on("connect", ({ url, headers }, socket: Socket) => {
    asked.push({ url, host: headers.host });
    sockets.push(socket);
    socket.on("error", () => {});
    socket.resume();
    socket.write(answer);
    if (answer.includes(" 200 ")) {
      connect((device.address() as AddressInfo).port, "127.0.0.1").pipe(socket);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  device.close();
});

const soon = () => AbortSignal.timeout(10_000);

test("the connection is the device's", async () => {
  const socket = await throughProxy(proxyUrl, "100.64.0.2:6443", soon());
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  expect(Buffer.concat(parts).toString()).toBe("the device");
  expect(asked).toEqual([{ url: "100.64.0.2:6443", host: "100.64.0.2:6443" }]);
});

test("a refusal names the status, and nothing stays open", async () => {
  answer = "HTTP/1.1 503 Service Unavailable\r\n\r\n";
  await expect(throughProxy(proxyUrl, "100.64.0.2:6443", soon())).rejects.toThrow(
    "its gateway answers 503",
  );
  await expect.poll(() => sockets.every((socket) => socket.readableEnded)).toBe(true);
});

test.each([
  ["says nothing", ""],
  ["stops amid its answer", "HTTP/1.1 200 Conn"],
])("a proxy that %s is given up on in time", async (_, text) => {
  answer = text;
  const tooLate = throughProxy(proxyUrl, "100.64.0.2:6443", AbortSignal.timeout(200));
  await expect(tooLate).rejects.toThrow(/aborted|hang up/);
});

test("a proxy that is not there is a failure", async () => {
  await new Promise((resolve) => proxy.close(resolve));
  await expect(throughProxy(proxyUrl, "100.64.0.2:6443", soon())).rejects.toThrow("ECONNREFUSED");
});
