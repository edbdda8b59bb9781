/** The collector, run by Node, with devices that tell the truth, that lie, and that attack it. */
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { snappy, TelemetryHub, writeRequest } from "./telemetry-hub.ts";

const store = "127.0.0.2";
const kiosk = "127.0.0.3";
const devices = `${store} store-0001 boston canary\n${kiosk} kiosk-01 boston stable\n`;

let hub: TelemetryHub;
beforeAll(async () => {
  hub = new TelemetryHub();
  await hub.start(devices);
});
afterAll(() => hub.remove());
beforeEach(() => {
  hub.lines.length = 0;
  hub.series.length = 0;
  hub.logStatus = 200;
  hub.lineStatus = 201;
  hub.metricStatus = 204;
  hub.setDevices(devices);
});

const time = "2026-11-23T02:00:00.000Z";
const logs = (...lines: object[]) =>
  gzipSync(lines.map((line) => `${JSON.stringify({ "@timestamp": time, ...line })}\n`).join(""));
const sendLogs = (from: string, ...lines: object[]) =>
  hub.send(from, "/logs", "gzip", logs(...lines));
const sendMetrics = (from: string, ...all: Readonly<Record<string, string>>[]) =>
  hub.send(from, "/metrics", "snappy", snappy(writeRequest(all)));

test("a line goes to Elasticsearch with the device's name, site and ring", async () => {
  const container = {
    log: "sold",
    stream: "stdout",
    namespace: "pos",
    pod: "pos-1",
    container: "c",
  };
  const journal = { log: "up", unit: "k3s.service", identifier: "k3s", priority: "6" };
  expect(await sendLogs(store, container, journal)).toBe(204);
  const origin = { "@timestamp": time, device: "store-0001", site: "boston", ring: "canary" };
  expect(hub.lines).toEqual([
    {
      ...origin,
      log: "sold",
      stream: "stdout",
      kubernetes: { namespace_name: "pos", pod_name: "pos-1", container_name: "c" },
    },
    { ...origin, ...journal },
  ]);
  expect(hub.authorization).toBe(`Basic ${Buffer.from("w:p").toString("base64")}`);
});

test("a device that says it is another one is not believed", async () => {
  const lie = { device: "kiosk-01", site: "gulf", ring: "stable" };
  expect(await sendLogs(store, { log: "a", ...lie, extra: { deep: 1 } })).toBe(204);
  expect(hub.lines[0]).toEqual({
    "@timestamp": time,
    log: "a",
    device: "store-0001",
    site: "boston",
    ring: "canary",
  });
  expect(await sendMetrics(store, { __name__: "node_load1", zone: "z", ...lie })).toBe(204);
  expect(hub.series.map(({ labels }) => Object.entries(labels))).toEqual([
    [
      ["__name__", "node_load1"],
      ["device", "store-0001"],
      ["exported_device", "kiosk-01"],
      ["exported_ring", "stable"],
      ["exported_site", "gulf"],
      ["ring", "canary"],
      ["site", "boston"],
      ["zone", "z"],
    ],
  ]);
});

test("samples arrive as they were sent, and other metrics than node_exporter's do not", async () => {
  const long = "x".repeat(700);
  const all: Record<string, string>[] = [
    { __name__: "node_load1", long },
    { __name__: "up" },
    { __name__: "argocd_app_info" },
  ];
  expect(await sendMetrics(kiosk, ...all)).toBe(204);
  expect(hub.series.map(({ labels }) => labels["__name__"])).toEqual(["node_load1"]);
  const [{ labels, samples } = { labels: {}, samples: [] }] = hub.series;
  expect(labels).toMatchObject({ device: "kiosk-01", long });
  expect(samples.map((sample) => sample.readDoubleLE(1))).toEqual([21.5]);
});

test("an address that is not a device's is to try again: its line may be on the way", async () => {
  expect(await sendLogs("127.0.0.9", { log: "a" })).toBe(503);
  expect(hub.lines).toEqual([]);
  // The file's time of change must be another one.
  await new Promise((resolve) => setTimeout(resolve, 20));
  hub.setDevices(`${devices}127.0.0.9 new-01 boston canary\n`);
  expect(await sendLogs("127.0.0.9", { log: "a" })).toBe(204);
  expect(hub.lines).toMatchObject([{ device: "new-01" }]);
});

test.each([
  ["Elasticsearch has no room", () => (hub.lineStatus = 429), "logs", 503],
  ["the stream is not there yet", () => (hub.lineStatus = 403), "logs", 503],
  ["the index was deleted", () => (hub.lineStatus = 404), "logs", 503],
  ["Elasticsearch knows no such user", () => (hub.logStatus = 401), "logs", 503],
  ["Elasticsearch is broken", () => (hub.logStatus = 502), "logs", 503],
  ["Elasticsearch will never take the line", () => (hub.lineStatus = 400), "logs", 204],
  ["Prometheus is broken", () => (hub.metricStatus = 500), "metrics", 503],
  ["Prometheus takes no writes", () => (hub.metricStatus = 404), "metrics", 503],
  ["the samples are too old", () => (hub.metricStatus = 400), "metrics", 204],
])("where %s the device hears so", async (_what, arrange, kind, status) => {
  arrange();
  const answer =
    kind === "logs"
      ? await sendLogs(store, { log: "a" })
      : await sendMetrics(store, { __name__: "node_load1" });
  expect(answer).toBe(status);
});

const bomb = gzipSync(Buffer.alloc(9 * 2 ** 20, 32));
test.each([
  ["invalid gzip", "/logs", "gzip", Buffer.from("none")],
  ["gzip that grows to 9 MiB", "/logs", "gzip", bomb],
  ["snappy that says 1 GiB", "/metrics", "snappy", Buffer.from([0x80, 0x80, 0x80, 0x80, 4, 0, 0])],
  ["snappy that copies from before its start", "/metrics", "snappy", Buffer.from([8, 30, 9, 0])],
  ["snappy that stops too early", "/metrics", "snappy", Buffer.from([8, 0xf0])],
  ["a length beyond the message", "/metrics", "snappy", Buffer.from([2, 4, 0x0a, 0x7f])],
  ["a key of eleven bytes", "/metrics", "snappy", snappy(Buffer.alloc(11, 0xff))],
  ["eight million lines", "/logs", "gzip", gzipSync(Buffer.alloc(8 * 2 ** 20, 10))],
  ["half a million fields", "/metrics", "snappy", snappy(Buffer.alloc(2 ** 20, "\x0a\0"))],
  ["another coding", "/logs", "identity", Buffer.from("{}")],
  ["another place", "/", "gzip", logs({ log: "a" })],
])("what is damaged or too much is thrown away: %s", async (_what, path, coding, body) => {
  expect(await hub.send(store, path, coding, body)).toBe(400);
  expect([hub.lines, hub.series]).toEqual([[], []]);
  expect(await sendLogs(store, { log: "still here" })).toBe(204);
});

test("a body of more than 4 MiB is refused before it comes", async () => {
  const socket = connect({ host: "127.0.0.1", port: hub.port, localAddress: store });
  const answer = await new Promise<string>((resolve) => {
    socket.once("data", (data) => resolve(data.toString()));
    socket.write("POST /logs HTTP/1.1\r\nhost: h\r\ncontent-length: 4194305\r\n\r\nx");
  });
  socket.destroy();
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
});

test("invalid lines are left out, the others arrive", async () => {
  const text = `nonsense\n{"log":"no time"}\n{"@timestamp":"${time}","log":"good"}\nnull\n[]\n`;
  expect(await hub.send(store, "/logs", "gzip", gzipSync(text))).toBe(204);
  expect(hub.lines.map(({ log }) => log)).toEqual(["good"]);
});

test("a device has four connections, and takes none of another one's", async () => {
  const open = (from: string) =>
    new Promise<Socket | null>((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: hub.port, localAddress: from });
      socket.on("error", () => resolve(null)).on("close", () => resolve(null));
      socket.on("connect", () => setTimeout(() => resolve(socket.destroyed ? null : socket), 300));
    });
  const sockets = await Promise.all(Array.from({ length: 6 }, () => open("127.0.0.4")));
  expect(sockets.filter((socket) => socket !== null && !socket.destroyed)).toHaveLength(4);
  expect(await sendLogs(kiosk, { log: "a" })).toBe(204);
  for (const socket of sockets) socket?.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  hub.setDevices(`${devices}127.0.0.4 pad-01 boston stable\n`);
  expect(await sendLogs("127.0.0.4", { log: "a" })).toBe(204);
});

test("a device has 3,000 series a day: what is more is left out", async () => {
  const names = (from: number) =>
    Array.from({ length: 1600 }, (_, index) => ({ __name__: "node_x", i: String(from + index) }));
  for (const from of [0, 1600, 0]) {
    expect(await sendMetrics("127.0.0.3", ...names(from))).toBe(204);
  }
  // One was known from before; the first 1,600 go on.
  expect(hub.series.length).toBeGreaterThan(1600 + 1300 + 1600);
  expect(hub.series.length).toBeLessThanOrEqual(1600 + 1400 + 1600);
});

test("a device that has sent 512 MiB in a day waits for the next one", async () => {
  const body = gzipSync(Buffer.alloc(8 * 2 ** 20, 32));
  const answers: number[] = [];
  for (let count = 0; count < 66; count++) {
    answers.push(await hub.send("127.0.0.2", "/logs", "gzip", body));
  }
  expect(answers[0]).toBe(204);
  expect(answers.at(-1)).toBe(429);
  expect(await sendLogs(kiosk, { log: "a" })).toBe(204);
}, 30_000);
