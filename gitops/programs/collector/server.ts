/** The HTTP server in the tunnel. */
import { createServer, type Server } from "node:http";
import { reasonOf } from "../shared/exchange.ts";
import type { Collector } from "./collector.ts";
import { deviceConnectionsMax } from "./limits.ts";
import type { MessageLog } from "./message-log.ts";
import { Refusal } from "./refusal.ts";

export function collectorServer(collector: Collector, messages: MessageLog): Server {
  const server = createServer(async (request, response) => {
    let status = 204;
    try {
      await collector.take(request.socket.remoteAddress ?? "", request);
    } catch (error) {
      // Any other failure is the hub's and not the device's: it is to try again.
      status = error instanceof Refusal ? error.status : 503;
      messages.log(reasonOf(error));
    }
    // The rest of a body that is too long is not waited for.
    const headers = request.complete ? {} : { connection: "close" };
    response.writeHead(status, headers).end();
  });
  server.headersTimeout = 20_000;
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = 75_000;
  limitConnections(server);
  return server;
}

/** Each address has so many, and takes none of another one's. */
function limitConnections(server: Server): void {
  const connections = new Map<string, number>();
  server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? "";
    const count = (connections.get(address) ?? 0) + 1;
    if (count > deviceConnectionsMax) return socket.destroy();
    connections.set(address, count);
    return socket.once("close", () => {
      const left = (connections.get(address) ?? 1) - 1;
      if (left > 0) connections.set(address, left);
      else connections.delete(address);
    });
  });
}
