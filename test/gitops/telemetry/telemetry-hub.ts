/**
 * A hub on loopback for what takes telemetry in: the collector, run by Node as its container runs it,
 * an Elasticsearch and a Prometheus that say what the test wants. Devices are addresses of loopback.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { createServer as createSocketServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decompress } from "@stablelib/snappy";
import { programText } from "../../../gitops/programs/bundle.ts";

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes of the samples as they came. */
  readonly samples: readonly Buffer[];
}

export class TelemetryHub {
  readonly folder = mkdtempSync(join(tmpdir(), "flotilla-telemetry-"));
  readonly lines: Record<string, unknown>[] = [];
  readonly series: Series[] = [];
  /** The status of Elasticsearch's and of Prometheus' next answers. */
  logStatus = 200;
  metricStatus = 204;
  /** The status of each line in an answer of Elasticsearch. */
  lineStatus = 201;
  authorization = "";
  words = "";
  /** Before Elasticsearch and Prometheus answer. */
  answerMilliseconds = 0;
  port = 0;
  #server: Server | undefined;
  #collector: ChildProcess | undefined;

  /** @param metricsUrl of another Prometheus than the one that is played here */
  async start(devices: string, address = "127.0.0.1", metricsUrl?: string): Promise<void> {
    this.setDevices(devices);
    mkdirSync(join(this.folder, "access"));
    for (const [name, text] of Object.entries({ username: "w", password: "p\n", "ca.crt": "" })) {
      writeFileSync(join(this.folder, "access", name), text);
    }
    writeFileSync(join(this.folder, "collector.mjs"), programText("collector"));
    this.#server = createServer((asked, answer) => {
      const parts: Buffer[] = [];
      asked.on("data", (part: Buffer) => parts.push(part));
      asked.on("end", async () => {
        const body = Buffer.concat(parts);
        await new Promise((resolve) => setTimeout(resolve, this.answerMilliseconds));
        if (asked.url?.startsWith("/logs-edge-default/_bulk")) {
          this.authorization = asked.headers.authorization ?? "";
          answer.writeHead(this.logStatus).end(this.#takeLines(body));
        } else {
          if (this.metricStatus < 300)
            this.series.push(...readRequest(Buffer.from(decompress(body))));
          answer.writeHead(this.metricStatus).end();
        }
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    const hub = (this.#server.address() as AddressInfo).port;
    this.port = await freePort();
    const environment = {
      PATH: process.env["PATH"],
      ADDRESS: address,
      PORT: String(this.port),
      HEALTH_PORT: String(await freePort()),
      DEVICES: join(this.folder, "devices.txt"),
      LOGS_URL: `http://127.0.0.1:${hub}/logs-edge-default`,
      LOGS_ACCESS: join(this.folder, "access"),
      METRICS_URL: metricsUrl ?? `http://127.0.0.1:${hub}/api/v1/write`,
    };
    this.startCollector(environment);
    await this.until(() => this.words.includes("listening on"));
  }

  #environment: NodeJS.ProcessEnv = {};

  startCollector(environment: NodeJS.ProcessEnv = this.#environment): void {
    this.#environment = environment;
    const args = ["--max-old-space-size=192", join(this.folder, "collector.mjs")];
    this.#collector = spawn(process.execPath, args, { env: environment });
    for (const stream of [this.#collector.stdout, this.#collector.stderr]) {
      stream?.on("data", (data: Buffer) => (this.words += data.toString()));
    }
  }

  /** Undefined once the collector has ended. */
  get pid(): number | undefined {
    return this.#collector?.exitCode === null ? this.#collector.pid : undefined;
  }

  async stopCollector(): Promise<void> {
    const ended = new Promise((resolve) => this.#collector?.once("exit", resolve));
    this.#collector?.kill("SIGKILL");
    await ended;
  }

  setDevices(text: string): void {
    writeFileSync(join(this.folder, "devices.txt"), text);
  }

  #takeLines(body: Buffer): string {
    const texts = body.toString().trim().split("\n");
    const lines = texts.filter((_, index) => index % 2 === 1);
    if (this.logStatus === 200 && this.lineStatus < 300) {
      this.lines.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>));
    }
    const items = lines.map(() => ({ create: { status: this.lineStatus } }));
    return JSON.stringify({ errors: this.lineStatus >= 300, items });
  }

  /** What the collector answers a device. */
  async send(
    from: string,
    path: string,
    coding: string,
    body: Buffer,
    headers: Record<string, string> = {},
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: this.port,
        localAddress: from,
        method: "POST",
        path,
        agent: false as const,
        headers: { "content-encoding": coding, "content-length": body.length, ...headers },
      };
      const asked = request(options, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      asked.on("error", reject).end(body);
    });
  }

  async until(so: () => boolean, secondsMax = 20): Promise<void> {
    for (const started = performance.now(); !so();) {
      if (performance.now() - started > secondsMax * 1000) {
        throw new Error(`still false after ${secondsMax} s: ${String(so)}\n${this.words}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async remove(): Promise<void> {
    await this.stopCollector();
    this.#server?.closeAllConnections();
    this.#server?.close();
    rmSync(this.folder, { recursive: true });
  }
}

let lastPort = 20_000 + ((process.pid * 97) % 10_000);

/** Below those that outgoing connections get, so that it stays free for a program that starts again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = ++lastPort;
    const server = createSocketServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "0.0.0.0", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** A protobuf field with a length below 16,384. */
function lengthField(number: number, bytes: Buffer): Buffer {
  const { length } = bytes;
  const size = length < 128 ? [length] : [(length & 127) | 128, length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...size]), bytes]);
}

/** A remote write request: series with one sample each, and metadata that nobody asked for. */
export function writeRequest(all: readonly Readonly<Record<string, string>>[]): Buffer {
  const sample = Buffer.alloc(16);
  sample.writeUInt8((1 << 3) | 1, 0);
  sample.writeDoubleLE(21.5, 1);
  sample.set([2 << 3, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 9);
  const series = all.map((labels) => {
    const pairs = Object.entries(labels).map(([name, value]) => {
      const texts = [lengthField(1, Buffer.from(name)), lengthField(2, Buffer.from(value))];
      return lengthField(1, Buffer.concat(texts));
    });
    return lengthField(1, Buffer.concat([...pairs, lengthField(2, sample)]));
  });
  return Buffer.concat([...series, lengthField(3, Buffer.from("metadata"))]);
}

/** Snappy's block format with a copy for each run of the same byte, and literals of 60 at most. */
export function snappy(bytes: Buffer): Buffer {
  const parts = [varint(bytes.length)];
  for (let at = 0; at < bytes.length;) {
    let run = 1;
    while (bytes[at + run] === bytes[at] && run < 60) run++;
    if (run > 4) {
      parts.push(Buffer.from([0, bytes[at]!]));
      // Two bytes of offset: the byte just written, again and again.
      parts.push(Buffer.from([((run - 2) << 2) | 2, 1, 0]));
      at += run;
      continue;
    }
    const literal = bytes.subarray(at, at + 4);
    parts.push(Buffer.from([(literal.length - 1) << 2]), literal);
    at += literal.length;
  }
  return Buffer.concat(parts);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value >>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

function readVarint(bytes: Buffer, start: number): { value: number; next: number } {
  let value = 0;
  for (let at = start, shift = 0; ; at++, shift += 7) {
    value |= (bytes[at]! & 127) << shift;
    if (bytes[at]! < 128) return { value, next: at + 1 };
  }
}

function fields(bytes: Buffer): { number: number; content: Buffer }[] {
  const found = [];
  for (let at = 0; at < bytes.length;) {
    const key = bytes[at]!;
    if ((key & 7) !== 2) throw new Error(`wire type ${key & 7}`);
    const { value, next } = readVarint(bytes, at + 1);
    found.push({ number: key >> 3, content: bytes.subarray(next, next + value) });
    at = next + value;
  }
  return found;
}

/** The series of a remote write request. */
export function readRequest(bytes: Buffer): Series[] {
  return fields(bytes).map(({ number, content }) => {
    if (number !== 1) throw new Error(`field ${number} of the request`);
    const parts = fields(content);
    const pairs = parts
      .filter((part) => part.number === 1)
      .map((part) => fields(part.content).map((text) => text.content.toString()));
    return {
      labels: Object.fromEntries(pairs) as Record<string, string>,
      samples: parts.filter((part) => part.number === 2).map((part) => part.content),
    };
  });
}
