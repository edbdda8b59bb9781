/** A connection through an HTTP CONNECT proxy: the way to a device that dials a gateway. */
import { request } from "node:http";
import type { Socket } from "node:net";

/** @param target host and port: `100.64.0.2:6443` */
export function throughProxy(
  proxyUrl: string,
  target: string,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { method: "CONNECT", path: target, headers: { host: target }, agent: false };
    const asked = request(proxyUrl, { ...options, signal });
    asked.on("connect", ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`its gateway answers ${statusCode}`));
    });
    asked.on("error", reject);
    asked.on("close", () => reject(new Error("its gateway gives no answer")));
    asked.end();
  });
}
