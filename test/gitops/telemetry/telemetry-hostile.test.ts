/**
 * The collector as its container runs it, with devices that send whatever costs most, four requests at
 * a time each, while Elasticsearch and Prometheus are slow. Held: the container's limit of memory, the
 * time in which another device is served, and that no line of the log is forged.
 */
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { compress } from "@stablelib/snappy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryPeak, unsafeLines } from "../programs/hostile-answers.ts";
import { TelemetryHub, writeRequest } from "./telemetry-hub.ts";

/** The memory of the container (gitops/gateway/collector.ts), in MiB. */
const memoryMax = 512;
const mebibyte = 2 ** 20;
const good = "127.0.0.2";
const hostile = Array.from({ length: 4 }, (_, index) => `127.0.1.${index + 1}`);

let hub: TelemetryHub;
beforeAll(async () => {
  hub = new TelemetryHub();
  const lines = [good, ...hostile].map(
    (address, index) => `${address} pad-${index} boston canary\n`,
  );
  await hub.start(lines.join(""));
  hub.answerMilliseconds = 200;
  // Nothing is kept of what arrives.
  hub.lineStatus = 400;
  hub.metricStatus = 400;
});
afterAll(() => hub.remove());

const time = "2026-11-28T02:00:00.000Z";
const repeat = (text: string, bytes = 7.9 * mebibyte) => text.repeat(bytes / text.length);
const line = (log: string) => `{"@timestamp":"${time}","log":"${log}"}\n`;
const manyLabels = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`l${index}`, ""]));

const logs: Readonly<Record<string, string | Buffer>> = {
  "a line of {}": `{"log":[${repeat("{},")}{}]}`,
  "a line of a million levels": repeat("["),
  "a line of a million keys": `{${repeat('"a":1,')}"b":1}`,
  "a line of one text": line(repeat("x")),
  "the smallest lines": repeat('{"@timestamp":"2","log":""}\n', 1.3 * mebibyte),
  "lines of the most text": repeat(line("\u0001".repeat(5000))),
  "lines that are not JSON": repeat("x\n", 90_000),
  "forged lines": line("\\r\\npad-0: fine"),
  "bytes that are not UTF-8": Buffer.alloc(7 * mebibyte, 0xff),
};
const metrics: Readonly<Record<string, Buffer>> = {
  "series of 90 labels": writeRequest(
    Array.from({ length: 7000 }, () => ({ __name__: "node_x", ...manyLabels })),
  ),
  "the smallest series": Buffer.alloc(100_000, Buffer.from([0x0a, 0])),
  "as many series as labels allow": writeRequest(
    Array.from({ length: 40_000 }, (_, index) => ({ __name__: "node_x", i: String(index) })),
  ),
  "names with line breaks": writeRequest([{ __name__: "node_x", "a\nb": "c\r\nd" }]),
};

test("another device is served all the time, in bounded memory", async () => {
  const bodies = [
    ...Object.values(logs).map((text) => ["/logs", "gzip", gzipSync(text)] as const),
    ...Object.values(metrics).map(
      (content) => ["/metrics", "snappy", Buffer.from(compress(content))] as const,
    ),
    ["/logs", "gzip", Buffer.alloc(4 * mebibyte, 1)] as const,
  ];
  // Announces a body and sends one byte of it at a time.
  const slow = hostile.map((localAddress) => {
    const socket = connect({ host: "127.0.0.1", port: hub.port, localAddress });
    socket
      .on("error", () => {})
      .write("POST /logs HTTP/1.1\r\nhost: h\r\ncontent-length: 90\r\n\r\n");
    return setInterval(() => socket.write("x"), 100);
  });
  const attacked = new AbortController();
  const attack = async (from: string, start: number) => {
    for (let index = start; !attacked.signal.aborted; index++) {
      const [path, coding, body] = bodies[index % bodies.length]!;
      await hub.send(from, path, coding, body).catch(() => {});
    }
  };
  const attacks = hostile.flatMap((from, index) =>
    [0, 1, 2].map((each) => attack(from, index + each)),
  );
  const times: number[] = [];
  const end = performance.now() + 20_000;
  while (performance.now() < end) {
    const started = performance.now();
    // As Fluent Bit does: what is answered by 503 is sent again.
    while ((await hub.send(good, "/logs", "gzip", gzipSync(line("sold")))) !== 204);
    times.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  attacked.abort();
  for (const timer of slow) clearInterval(timer);
  await Promise.all(attacks);
  expect(memoryPeak(hub.pid)).toBeLessThan(memoryMax);
  expect(Math.max(...times)).toBeLessThan(20_000);
  expect(unsafeLines(hub.words)).toEqual([]);
}, 120_000);
