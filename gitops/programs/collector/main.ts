/**
 * The collector: takes in what devices send through the tunnel, and hands it on to Elasticsearch and
 * Prometheus. It keeps nothing: a device keeps its data on its own disk until the hub has it.
 *
 * It says who a device is by the address that the data comes from, which WireGuard binds to the
 * device's key: what a device says of itself is overwritten.
 */
import { createServer } from "node:http";
import { logError, logOut } from "../shared/log.ts";
import { Budget } from "./budget.ts";
import { Collector } from "./collector.ts";
import { Devices } from "./devices.ts";
import { MessageLog } from "./message-log.ts";
import { collectorServer } from "./server.ts";

const {
  ADDRESS,
  PORT,
  HEALTH_PORT,
  DEVICES = "",
  LOGS_URL,
  LOGS_ACCESS = "",
  METRICS_URL,
} = process.env;

const messages = new MessageLog(logError, () => performance.now());
const collector = new Collector({
  devices: new Devices(DEVICES),
  budget: new Budget(() => Date.now()),
  messages,
  elasticsearch: LOGS_URL === undefined ? undefined : { url: LOGS_URL, access: LOGS_ACCESS },
  metricsUrl: METRICS_URL,
});

const server = collectorServer(collector, messages);
const listen = () => server.listen(Number(PORT), ADDRESS);
// The tunnel makes its address: it may not be there yet.
server.on("error", (error) => {
  messages.log(error.message);
  setTimeout(listen, 1000);
});
server.on("listening", () => logOut(`listening on ${ADDRESS}:${PORT}`));
listen();

// For the kubelet, which is outside the tunnel.
createServer((_, response) => response.end("ok\n")).listen(Number(HEALTH_PORT));

process.on("uncaughtException", (error) => messages.log(error.stack ?? error.message));
process.on("SIGTERM", () => process.exit(0));
