// The web service that the sample workload runs (ghcr.io/stefanprodan/podinfo): its user, its port, its
// probes, and a file below --data-path.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";

const flag = (name) =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);

const data = flag("data-path");
if (data !== undefined) writeFileSync(`${data}/started`, new Date().toISOString());
createServer((request, response) => {
  response.end(`${request.url} ${process.getuid()}:${process.getgid()}\n`);
}).listen(Number(flag("port") ?? 9898));
process.on("SIGTERM", () => process.exit(0));
