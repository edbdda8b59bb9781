// Where the hub's collector writes the devices' logs: takes bulk requests with the right password, and
// tells whoever asks for /lines what it got last.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const folder = "/etc/elasticsearch";
const read = (name) => readFileSync(`${folder}/${name}`, "utf8");
const login = `Basic ${Buffer.from(`writer:${read("password")}`).toString("base64")}`;
let lines = [];

const tls = { cert: read("tls.crt"), key: read("tls.key") };
createServer(tls, async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  if (request.url === "/lines") return response.end(JSON.stringify(lines));
  if (request.headers.authorization !== login || !request.url.includes("/_bulk")) {
    return response.writeHead(401).end();
  }
  const texts = Buffer.concat(parts).toString().trim().split("\n");
  lines = [...lines, ...texts.filter((_, index) => index % 2 === 1).map(JSON.parse)].slice(-50);
  response.end('{"errors":false}');
}).listen(9200);
process.on("SIGTERM", () => process.exit(0));
