// What the hub's programs ask of Elasticsearch: takes bulk requests with the collector's password, and with the
// keeper's the requests about streams. Its disk is fuller than allowed; it reports that only after a request for
// /continue. /lines and /requests return what it received last.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const folder = "/etc/elasticsearch";
const read = (name) => readFileSync(`${folder}/${name}`, "utf8");
const login = (user) => `Basic ${Buffer.from(`${user}:${read(user)}`).toString("base64")}`;
const logins = { [login("writer")]: "writer", [login("keeper")]: "keeper" };
let lines = [];
const requests = [];
const streams = new Set();
let isContinued = false;
const held = [];

const indices = (stream) =>
  ["2026.11.20-000001", "2026.11.21-000002"].map((end) => ({ index_name: `.ds-${stream}-${end}` }));

function keep(method, path, answer) {
  requests.push(`${method} ${path}`);
  const stream = path.startsWith("/_data_stream/") && path.split("/")[2];
  if (path === "/_nodes/stats/fs") {
    const total = { available_in_bytes: 10, total_in_bytes: 100 };
    const say = () => answer({ nodes: { one: { fs: { total } } } });
    return isContinued ? say() : held.push(say);
  }
  if (method === "GET" && stream) {
    const found = stream.split(",").filter((name) => streams.has(name));
    if (found.length === 0) return answer({}, 404);
    return answer({ data_streams: found.map((name) => ({ name, indices: indices(name) })) });
  }
  if (stream) streams.add(stream);
  return answer({ acknowledged: true });
}

const tls = { cert: read("tls.crt"), key: read("tls.key") };
createServer(tls, async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const answer = (content, status = 200) => response.writeHead(status).end(JSON.stringify(content));
  if (request.url === "/lines") return answer(lines);
  if (request.url === "/requests") return answer(requests);
  if (request.url === "/continue") {
    isContinued = true;
    for (const say of held) say();
    return answer({});
  }
  const user = logins[request.headers.authorization];
  if (user === "keeper") return keep(request.method, request.url, answer);
  if (user !== "writer" || !request.url.includes("/_bulk")) return answer({}, 401);
  const texts = Buffer.concat(parts).toString().trim().split("\n");
  lines = [...lines, ...texts.filter((_, index) => index % 2 === 1).map(JSON.parse)].slice(-50);
  return answer({ errors: false });
}).listen(9200);
process.on("SIGTERM", () => process.exit(0));
