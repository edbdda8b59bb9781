// What Fluent Bit does on a device, with the settings that it is given: reads the logs of containers and
// the journal's folder, keeps a file of state, answers the probe, and sends lines to the gateway from the
// device's address in the tunnel.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { gzipSync } from "node:zlib";

const settings = readFileSync(process.argv[process.argv.indexOf("-c") + 1], "utf8");
const setting = (key) => new RegExp(`^ +${key}: "?([^"\\n]+)`, "m").exec(settings)?.[1];
const output = settings.slice(settings.indexOf("outputs:"));
const host = /^ +host: "?([^"\n]+)/m.exec(output)?.[1];
const localAddress = setting("net.source_address");
const journal = setting("path");
const logs = "/var/log/containers";

createServer((_, response) => response.end("ok")).listen(2020, setting("http_listen"));
writeFileSync(setting("db"), "state");

function lastLines() {
  return readdirSync(logs).flatMap((file) => {
    const [pod, namespace, rest = ""] = file.split("_");
    const last = readFileSync(`${logs}/${file}`, "utf8").trim().split("\n").at(-1) ?? "";
    const [time, stream, , log] = /^(\S+) (\S+) (\S+) (.*)$/.exec(last)?.slice(1) ?? [];
    const container = rest.replace(/-[0-9a-f]{64}\.log$/, "");
    return log === undefined
      ? []
      : [{ "@timestamp": time, log, stream, pod, namespace, container }];
  });
}

function send() {
  const journals = readdirSync(journal).length;
  const started = { "@timestamp": new Date(), log: `${journals} journals`, unit: "fluent-bit" };
  const lines = [started, ...lastLines()];
  const body = gzipSync(lines.map((line) => JSON.stringify(line)).join("\n"));
  const headers = { "content-encoding": "gzip", "content-length": body.length };
  const options = { host, port: 8429, path: "/logs", method: "POST", localAddress, headers };
  const sent = request({ ...options, timeout: 5_000 }, (response) => {
    console.log(`${lines.length} lines to ${host} from ${localAddress}: ${response.statusCode}`);
    response.resume();
  });
  sent.on("timeout", () => sent.destroy(new Error("timeout")));
  sent.on("error", (error) => console.log(error.message));
  sent.end(body);
}

if (host !== undefined) {
  send();
  setInterval(send, 5_000);
}
process.on("SIGTERM", () => process.exit(0));
