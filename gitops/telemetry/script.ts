/**
 * The collector: takes in what devices send through the tunnel, and hands it on to Elasticsearch and
 * Prometheus. Plain JavaScript without packages, run by Node alone.
 *
 * It says who a device is by the address that it comes from, which WireGuard binds to the device's
 * key: what a device says of itself is overwritten. It holds nothing: a device hears "done" when the
 * hub has the data, and keeps the data on its own disk until then.
 *
 * A device that was broken into may send anything. So there are limits to what one can send and
 * hold, to its series, and to the fields of a line; what is not understood is answered with 400, on
 * which Fluent Bit throws it away, and what can't be taken now with 503 or 429, on which it tries
 * again (Fluent Bit 5.1.1, out_http and out_prometheus_remote_write).
 *
 * Formats: Prometheus remote write 1.0 (prometheus/docs, remote_write_spec; protobuf in snappy's
 * block format); Elasticsearch's bulk interface.
 */
export const collectorScript = `// Written by flotilla: takes in the logs and metrics of the devices.
import { readFileSync, statSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { gunzipSync } from "node:zlib";

const { ADDRESS, PORT, HEALTH_PORT, DEVICES, LOGS_URL, LOGS_ACCESS, METRICS_URL } = process.env;

const mebibyte = 2 ** 20;
const bodyBytesMax = 4 * mebibyte;
const contentBytesMax = 8 * mebibyte;
const heldBytesMax = 64 * mebibyte;
const deviceBytesMaxPerDay = 512 * mebibyte;
const deviceSeriesMaxPerDay = 3000;
const deviceConnectionsMax = 4;
const linesMax = 50_000;
const seriesMax = 50_000;
const seriesFieldsMax = 100;
const lineLengthMax = 32768;
const answerMilliseconds = 30_000;

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Each message once a minute at most. */
const said = new Map();
function say(message) {
  if (Date.now() - (said.get(message) ?? 0) < 60_000) return;
  if (said.size > 1000) said.clear();
  said.set(message, Date.now());
  console.error(message);
}

let devices = new Map();
let devicesTime = 0;
/** Lines of "address name site ring". */
function deviceAt(address) {
  const { mtimeMs } = statSync(DEVICES);
  if (mtimeMs !== devicesTime) {
    const lines = readFileSync(DEVICES, "utf8").split("\\n").filter(Boolean);
    devices = new Map(
      lines.map((line) => {
        const [own, device, site, ring] = line.split(" ");
        return [own, { device, site, ring }];
      }),
    );
    devicesTime = mtimeMs;
  }
  const found = devices.get(address);
  if (found === undefined) throw new Refusal(503, address + " is no device's");
  return found;
}

let today = 0;
/** Address → what it sent on this day, in UTC. */
const usage = new Map();
function usageOf(address) {
  const day = Math.floor(Date.now() / 86_400_000);
  if (day !== today) usage.clear();
  today = day;
  let own = usage.get(address);
  if (own === undefined) usage.set(address, (own = { bytes: 0, series: new Set() }));
  return own;
}

function post(url, headers, body, options = {}) {
  const { request } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const all = { method: "POST", headers: { ...headers, "content-length": body.length } };
    const asked = request(url, { ...all, ...options, timeout: answerMilliseconds }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part)).on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode, body: Buffer.concat(parts) }));
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer from " + url)));
    asked.on("error", reject).end(body);
  });
}

const short = (value, lengthMax = 256) =>
  typeof value === "string" ? value.slice(0, lengthMax) : undefined;

/** One line of a log; whatever else a device says is left out. */
function lineOf(entry, origin) {
  const time = new Date(entry?.["@timestamp"]);
  if (typeof entry?.log !== "string" || Number.isNaN(time.getTime())) return undefined;
  return {
    "@timestamp": time.toISOString(),
    log: entry.log.slice(0, lineLengthMax),
    stream: short(entry.stream),
    unit: short(entry.unit),
    identifier: short(entry.identifier),
    priority: short(entry.priority),
    ...(entry.pod !== undefined && {
      kubernetes: {
        namespace_name: short(entry.namespace),
        pod_name: short(entry.pod),
        container_name: short(entry.container),
      },
    }),
    ...origin,
  };
}

function linesOf(content, origin) {
  const texts = content.toString().split("\\n", linesMax + 1);
  if (texts.length > linesMax) throw new Refusal(400, "more than 50,000 lines at once");
  return texts.flatMap((text) => {
    try {
      return lineOf(JSON.parse(text), origin) ?? [];
    } catch {
      return [];
    }
  });
}

async function takeLogs(content, origin) {
  const lines = linesOf(content, origin);
  if (LOGS_URL === undefined || lines.length === 0) return;
  const read = (name) => readFileSync(LOGS_ACCESS + "/" + name, "utf8").trim();
  const headers = {
    authorization: "Basic " + Buffer.from(read("username") + ":" + read("password")).toString("base64"),
    "content-type": "application/x-ndjson",
  };
  const body = lines.map((line) => '{"create":{}}\\n' + JSON.stringify(line) + "\\n").join("");
  const url = LOGS_URL + "/_bulk?filter_path=errors,items.*.status";
  const answer = await post(url, headers, Buffer.from(body), { ca: read("ca.crt") });
  if (answer.status !== 200) throw new Refusal(503, "Elasticsearch answers " + answer.status);
  const { errors, items = [] } = JSON.parse(answer.body);
  if (!errors) return;
  const states = items.map((item) => item.create?.status).filter((status) => !(status < 300));
  if (states.some((status) => !(status < 500) || status === 429)) {
    throw new Refusal(503, "Elasticsearch takes no more now");
  }
  say("Elasticsearch refuses lines of " + origin.device + ": " + [...new Set(states)].join(", "));
}

const damaged = () => new Refusal(400, "this is no remote write request");

function varint(bytes, start) {
  let value = 0;
  for (let index = start, scale = 1; index < start + 10; index++, scale *= 128) {
    const byte = bytes[index];
    if (byte === undefined) break;
    value += (byte & 127) * scale;
    if (byte < 128) return [value, index + 1];
  }
  throw damaged();
}

/** Snappy's block format. */
function unpacked(bytes) {
  const [length, start] = varint(bytes, 0);
  if (length > contentBytesMax) throw new Refusal(400, "more than 8 MiB at once");
  const result = Buffer.alloc(length);
  let from = start;
  let to = 0;
  while (from < bytes.length) {
    const tag = bytes[from++];
    const kind = tag & 3;
    let count = (tag >> 2) + 1;
    if (kind === 0) {
      const more = count > 60 ? count - 60 : 0;
      if (from + more > bytes.length) throw damaged();
      if (more > 0) count = bytes.readUIntLE(from, more) + 1;
      from += more;
      if (from + count > bytes.length || to + count > length) throw damaged();
      bytes.copy(result, to, from, from + count);
      from += count;
      to += count;
      continue;
    }
    const wide = kind === 3 ? 4 : kind;
    if (from + wide > bytes.length) throw damaged();
    let back = bytes.readUIntLE(from, wide);
    if (kind === 1) {
      back += (tag >> 5) << 8;
      count = ((tag >> 2) & 7) + 4;
    }
    from += wide;
    if (back === 0 || back > to || to + count > length) throw damaged();
    // Byte by byte: it may read what it has just written.
    for (const end = to + count; to < end; to++) result[to] = result[to - back];
  }
  if (to !== length) throw damaged();
  return result;
}

function varintBytes(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}

/** All of it as it is, which is snappy too. */
function packed(bytes) {
  const head = Buffer.from([63 << 2, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.length - 1, 1);
  return Buffer.concat([varintBytes(bytes.length), head, bytes]);
}

const field = (number, bytes) =>
  Buffer.concat([Buffer.from([number * 8 + 2]), varintBytes(bytes.length), bytes]);

/** The fields of a message that have a length: each costs more memory than it has bytes. */
function fieldsOf(message, countMax) {
  const fields = [];
  for (let at = 0, count = 0; at < message.length; count++) {
    if (count >= countMax) throw damaged();
    const [key, start] = varint(message, at);
    const kind = key % 8;
    if (kind === 0) at = varint(message, start)[1];
    else if (kind === 1) at = start + 8;
    else if (kind === 5) at = start + 4;
    else if (kind === 2) {
      const [length, from] = varint(message, start);
      at = from + length;
      if (at <= message.length) {
        fields.push({ number: Math.floor(key / 8), bytes: message.subarray(from, at) });
      }
    } else throw damaged();
    if (at > message.length) throw damaged();
  }
  return fields;
}

const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** FNV-1a, 30 bits, which Node holds without an object of its own. */
function hashOf(text) {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  }
  return hash >>> 2;
}

/** One series with the device's own labels; undefined: it is not one that devices send. */
function seriesOf(message, origin, known) {
  const labels = new Map();
  const samples = [];
  for (const { number, bytes } of fieldsOf(message, seriesFieldsMax)) {
    if (number === 2) samples.push(field(2, bytes));
    if (number !== 1) continue;
    const pair = fieldsOf(bytes, 2);
    const text = (which) => pair.find((part) => part.number === which)?.bytes.toString() ?? "";
    labels.set(text(1), text(2).slice(0, 1024));
  }
  if (!/^node_[a-zA-Z0-9_]+$/.test(labels.get("__name__") ?? "")) return undefined;
  for (const [name, value] of Object.entries(origin)) labels.set(name, value);
  const sorted = [...labels].sort(([a], [b]) => order(a, b));
  const hash = hashOf(JSON.stringify(sorted));
  if (!known.has(hash) && known.size >= deviceSeriesMaxPerDay) return undefined;
  known.add(hash);
  const pairs = sorted.map(([name, value]) =>
    field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))])),
  );
  return field(1, Buffer.concat([...pairs, ...samples]));
}

async function takeMetrics(content, origin, own) {
  const all = fieldsOf(content, seriesMax).filter(({ number }) => number === 1);
  const series = all.flatMap(({ bytes }) => seriesOf(bytes, origin, own.series) ?? []);
  if (series.length < all.length) say(origin.device + " sends series that are none of its own");
  if (METRICS_URL === undefined || series.length === 0) return;
  const headers = {
    "content-encoding": "snappy",
    "content-type": "application/x-protobuf",
    "x-prometheus-remote-write-version": "0.1.0",
  };
  const answer = await post(METRICS_URL, headers, packed(Buffer.concat(series)));
  // Too old, or there already: Prometheus has taken the others.
  if (answer.status === 400) say("Prometheus refuses samples of " + origin.device);
  else if (answer.status >= 300) throw new Refusal(503, "Prometheus answers " + answer.status);
}

let held = 0;

/** Node reads no more than what was announced. */
async function bodyOf(request) {
  const length = Number(request.headers["content-length"] ?? Infinity);
  if (!(length <= bodyBytesMax)) throw new Refusal(400, "more than 4 MiB at once");
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

function contentOf(request, body) {
  const coding = request.headers["content-encoding"];
  try {
    if (coding === "snappy") return unpacked(body);
    if (coding === "gzip") return gunzipSync(body, { maxOutputLength: contentBytesMax });
  } catch (error) {
    throw new Refusal(400, error.message);
  }
  throw new Refusal(400, "neither snappy nor gzip");
}

async function take(request) {
  const address = request.socket.remoteAddress;
  const origin = deviceAt(address);
  const handler = { "/logs": takeLogs, "/metrics": takeMetrics }[request.url];
  if (request.method !== "POST" || handler === undefined) throw new Refusal(400, "no such place");
  const body = await bodyOf(request);
  const own = usageOf(address);
  if (own.bytes > deviceBytesMaxPerDay) {
    throw new Refusal(429, origin.device + " has sent all that it may on this day");
  }
  if (held > heldBytesMax) throw new Refusal(503, "too much at once");
  const content = contentOf(request, body);
  own.bytes += content.length;
  held += content.length;
  try {
    await handler(content, origin, own);
  } finally {
    held -= content.length;
  }
}

const connections = new Map();

const server = http.createServer(async (request, response) => {
  let status = 204;
  try {
    await take(request);
  } catch (error) {
    // Whatever else it is, it is ours and not the device's: it is to try again.
    status = error instanceof Refusal ? error.status : 503;
    say(error.message);
  }
  // What is left of a body that is too long is not waited for.
  const rest = request.complete ? {} : { connection: "close" };
  response.writeHead(status, rest).end();
});
server.headersTimeout = 20_000;
server.requestTimeout = 60_000;
server.keepAliveTimeout = 75_000;
server.on("connection", (socket) => {
  const address = socket.remoteAddress;
  const count = (connections.get(address) ?? 0) + 1;
  if (count > deviceConnectionsMax) return socket.destroy();
  connections.set(address, count);
  socket.once("close", () => {
    const left = connections.get(address) - 1;
    if (left > 0) connections.set(address, left);
    else connections.delete(address);
  });
});

// The tunnel makes its address: it may not be there yet.
const listen = () => server.listen(Number(PORT), ADDRESS);
server.on("error", (error) => {
  say(error.message);
  setTimeout(listen, 1000);
});
server.on("listening", () => console.log("listening on " + ADDRESS + ":" + PORT));
listen();

// For the kubelet, which is outside of the tunnel.
http.createServer((_request, response) => response.end("ok\\n")).listen(Number(HEALTH_PORT));

process.on("uncaughtException", (error) => say(error.stack));
process.on("SIGTERM", () => process.exit(0));
`;
