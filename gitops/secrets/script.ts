/**
 * The program that takes the workloads' Secrets to the devices. Plain JavaScript without packages,
 * as it lies in a ConfigMap and is run by Node alone.
 *
 * It asks the hub for the Secrets every ten seconds and for the devices every minute. A device is
 * visited when something of its Secrets changed, ten minutes after the last visit, and, where a
 * visit failed, again after 5 s and later once a minute: one that is away is refused within 0.3 s,
 * so asking costs less than watching who is back. Twenty devices at most are visited at a time.
 *
 * What is declared is said by its settings; what is declared and not on the hub is left on the
 * device as it is, so a hub that is made anew takes nothing away. It removes only what carries its
 * own mark. A Secret of the same name that does not is somebody else's, and stays.
 *
 * A Secret is replaced as a whole. Server-side apply would leave the keys that somebody added on
 * the device, and the Secret would differ from the hub's for ever.
 *
 * It logs what it did, one line a change, and of what went wrong the status alone: the words of an
 * API server may quote what it was sent.
 */
export const courierScript = `// Written by flotilla: takes the workloads' Secrets to the devices.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as askProxy } from "node:http";
import { Agent, request } from "node:https";
import { connect, createSecureContext } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";

const {
  HUB_SERVER = "https://kubernetes.default.svc",
  HUB_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount",
  SETTINGS = "/etc/flotilla/settings.json",
  IDENTITY = "/flotilla/tls",
  LOOK_SECONDS = "10",
  DEVICES_SECONDS = "60",
  VISIT_SECONDS = "600",
  RETRY_SECONDS = "5",
} = process.env;
const { rootCertificate, workloads } = JSON.parse(readFileSync(SETTINGS, "utf8"));

const home = "/api/v1/namespaces/fleet-secrets";
const mark = "flotilla-courier";
const markLabel = "app.kubernetes.io/managed-by";
const workloadLabel = "flotilla.dev/workload";
const secretLabel = "flotilla.dev/secret";
const visitsMax = 20;
const timeoutSeconds = 20;
/** A device that was broken into may answer without end. */
const answerBytesMax = 8 * 1024 * 1024;

/** "<workload>/<name>" → the Secret's data on the hub. */
let contents = new Map();
/** Workload → a fingerprint of its Secrets on the hub. */
const revisions = new Map();
/** Name → where the device is, what it is to have, when it is due, what was said of it last. */
let devices = new Map();
let devicesAt = 0;
let inUse = {};
let visits = 0;

const now = () => Date.now() / 1000;
const words = (error) => error.message || error.code;
const paths = (workload) => workloads[workload].secrets.map((name) => workload + "/" + name);

/** One request to an API server: its answer, of whatever status. */
function call({ server, agent, headers, signal }, path, { method = "GET", content } = {}) {
  const type = content && { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const options = { method, agent, signal, headers: { ...headers, ...type } };
    const asked = request(server + path, options, (answer) => {
      const parts = [];
      let bytes = 0;
      answer.on("data", (part) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > answerBytesMax) answer.destroy(new Error("its answer has no end"));
      });
      answer.on("error", reject);
      answer.on("end", () => {
        try {
          resolve({ status: answer.statusCode, content: JSON.parse(Buffer.concat(parts)) });
        } catch {
          // The parser's own words would quote what it read.
          reject(new Error(method + " " + path + ": " + answer.statusCode + ", no JSON"));
        }
      });
    });
    asked.on("error", reject);
    asked.end(content && JSON.stringify(content));
  });
}

async function list(place, path, query) {
  const { status, content } = await call(place, path + "?" + new URLSearchParams(query));
  if (status !== 200) throw new Error("GET " + place.server + path + ": " + status);
  return content;
}

async function* all(place, path, labelSelector) {
  for (let next = ""; ; ) {
    const page = await list(place, path, { labelSelector, limit: "50", continue: next });
    yield* page.items;
    next = page.metadata.continue ?? "";
    if (next === "") return;
  }
}

/** A connection through the gateway's proxy. */
function tunnel(proxyUrl, path, signal) {
  return new Promise((resolve, reject) => {
    const options = { method: "CONNECT", path, headers: { host: path }, agent: false, signal };
    const asked = askProxy(proxyUrl, options);
    asked.on("connect", ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error("its gateway answers " + statusCode));
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** The hub's certificate, which is renewed every few hours, and the root that devices prove. */
function identity() {
  const read = (name) => readFileSync(IDENTITY + "/" + name, "utf8");
  const [cert, key] = [read("tls.crt"), read("tls.key")];
  if (cert !== inUse.cert || key !== inUse.key) {
    inUse = { cert, key, context: createSecureContext({ ca: rootCertificate, cert, key }) };
  }
  return inUse.context;
}

async function dial({ server, serverName, proxyUrl }, signal) {
  const { host, hostname, port } = new URL(server);
  const socket = proxyUrl && (await tunnel(proxyUrl, host, signal));
  return connect({
    ...(socket ? { socket } : { host: hostname, port }),
    servername: serverName,
    secureContext: identity(),
  });
}

const isSame = (a, b) =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([key, value]) => b[key] === value);

/** Leaves on the device what it is to have; returns what stands in the way of it, if anything. */
async function deliver(device, place) {
  const declared = device.workloads.flatMap(paths);
  const present = new Map();
  const own = { labelSelector: markLabel + "=" + mark };
  const { items } = await list(place, "/api/v1/secrets", own);
  for (const secret of items) {
    present.set(secret.metadata.namespace + "/" + secret.metadata.name, secret);
  }
  let trouble = "";
  for (const path of declared) {
    const data = contents.get(path);
    const had = present.get(path);
    present.delete(path);
    if (data === undefined || (had && isSame(had.data ?? {}, data))) continue;
    const status = await put(place, path, data, had);
    if (status < 300) console.log(device.name + ": " + path + (had ? " updated" : " delivered"));
    else if (status === 404) trouble ||= path + " waits for its namespace";
    else if (status === 409 && !had) trouble ||= path + " is there and is somebody else's";
    else trouble ||= path + ": " + status;
  }
  for (const [path, { metadata }] of present) {
    const [namespace, name] = path.split("/");
    const url = "/api/v1/namespaces/" + namespace + "/secrets/" + name;
    const content = { preconditions: { uid: metadata.uid } };
    const { status } = await call(place, url, { method: "DELETE", content });
    if (status < 300) console.log(device.name + ": " + path + " removed");
    else trouble ||= path + " to be removed: " + status;
  }
  return trouble;
}

async function put(place, path, data, had) {
  const [namespace, name] = path.split("/");
  const url = "/api/v1/namespaces/" + namespace + "/secrets";
  const labels = { [markLabel]: mark, [workloadLabel]: namespace };
  const content = { apiVersion: "v1", kind: "Secret", metadata: { name, labels }, data };
  const to = (had ? url + "/" + name : url) + "?fieldManager=" + mark;
  const { status } = await call(place, to, { method: had ? "PUT" : "POST", content });
  return status;
}

async function visit(device) {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = (_, done) => {
    dial(device, signal).then((socket) => done(null, socket), done);
  };
  const revision = revisionOf(device);
  let trouble = "";
  try {
    trouble = await deliver(device, { server: device.server, agent, signal });
  } catch (error) {
    trouble = signal.aborted ? "no answer in " + timeoutSeconds + " s" : words(error);
  } finally {
    agent.destroy();
  }
  if (trouble !== device.trouble && trouble) console.error(device.name + ": " + trouble);
  device.trouble = trouble;
  device.failures = trouble ? device.failures + 1 : 0;
  device.revision = revision;
  const wait = RETRY_SECONDS * Math.min(2 ** (device.failures - 1), 12);
  device.dueAt = now() + (trouble ? wait : Number(VISIT_SECONDS));
}

const revisionOf = (device) => device.workloads.map((name) => revisions.get(name)).join();

/** Starts visits to those that wait longest, as many as may be under way. */
function startVisits() {
  while (visits < visitsMax) {
    let next;
    for (const device of devices.values()) {
      if (device.isBusy || device.dueAt > now()) continue;
      if (!next || device.dueAt < next.dueAt) next = device;
    }
    if (!next) return;
    visits++;
    next.isBusy = true;
    visit(next).finally(() => {
      visits--;
      next.isBusy = false;
      startVisits();
    });
  }
}

async function readSecrets(hub) {
  const found = new Map();
  for await (const { metadata, data = {} } of all(hub, home + "/secrets", secretLabel)) {
    const { [workloadLabel]: workload, [secretLabel]: name } = metadata.labels;
    found.set(workload + "/" + name, data);
  }
  contents = found;
  for (const name of Object.keys(workloads)) {
    const text = JSON.stringify(paths(name).map((path) => [path, contents.get(path)]));
    revisions.set(name, createHash("sha256").update(text).digest("base64"));
  }
}

async function readDevices(hub) {
  const found = new Map();
  for await (const { metadata, data } of all(hub, home + "/configmaps", "flotilla.dev/device")) {
    const { name, labels } = metadata;
    const { server, serverName, proxyUrl } = data;
    const mine = Object.keys(workloads).filter((workload) =>
      Object.entries(workloads[workload].selector).every(([key, value]) => labels[key] === value),
    );
    const place = JSON.stringify([server, serverName, proxyUrl, mine]);
    const known = devices.get(name);
    if (known?.place === place) {
      found.set(name, known);
      continue;
    }
    const fresh = { dueAt: 0, failures: 0, trouble: "", revision: "", isBusy: false };
    found.set(name, { name, server, serverName, proxyUrl, workloads: mine, place, ...fresh });
  }
  devices = found;
}

async function look() {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(HUB_ACCOUNT + "/ca.crt") });
  const token = readFileSync(HUB_ACCOUNT + "/token", "utf8").trim();
  const signal = AbortSignal.timeout(60000);
  const headers = { authorization: "Bearer " + token };
  const hub = { server: HUB_SERVER, agent, signal, headers };
  try {
    await readSecrets(hub);
    if (now() - devicesAt >= DEVICES_SECONDS) {
      await readDevices(hub);
      devicesAt = now();
    }
  } finally {
    agent.destroy();
  }
  for (const device of devices.values()) {
    const isNew = !device.trouble && device.revision !== revisionOf(device);
    if (isNew) device.dueAt = Math.min(device.dueAt, now());
  }
}

process.on("SIGTERM", () => process.exit(0));
for (;;) {
  await look().catch((error) => console.error("the hub: " + words(error)));
  startVisits();
  await sleep(LOOK_SECONDS * 1000);
}
`;
