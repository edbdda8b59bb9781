// Answers for the names of the cluster's Services, as CoreDNS does: addresses of IPv4 only, and nothing
// for any other name. It learns the Services from the API server, by its own service account.
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { Agent, get } from "node:https";

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const names = new Map();

function learn() {
  const agent = new Agent({ ca: readFileSync(`${account}/ca.crt`) });
  const headers = { authorization: `Bearer ${readFileSync(`${account}/token`, "utf8")}` };
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  const options = { host, port, path: "/api/v1/services", headers, agent, timeout: 5_000 };
  const request = get(options, (response) => {
    let text = "";
    response.on("data", (part) => (text += part));
    response.on("end", () => {
      if (response.statusCode !== 200) return console.error(response.statusCode, text);
      names.clear();
      for (const { metadata, spec } of JSON.parse(text).items) {
        if (spec.clusterIP === "None") continue;
        names.set(`${metadata.name}.${metadata.namespace}.svc.cluster.local`, spec.clusterIP);
      }
    });
  });
  request.on("timeout", () => request.destroy());
  request.on("error", (error) => console.error(error.message));
}

function answer(question) {
  const labels = [];
  let at = 12;
  while (question[at]) {
    labels.push(question.subarray(at + 1, at + 1 + question[at]).toString());
    at += question[at] + 1;
  }
  const isAddress = question.readUInt16BE(at + 1) === 1;
  const address = names.get(labels.join(".").toLowerCase());
  const reply = Buffer.from(question.subarray(0, at + 5));
  reply.writeUInt16BE(address === undefined ? 0x8583 : 0x8580, 2);
  reply.writeUInt16BE(address !== undefined && isAddress ? 1 : 0, 6);
  reply.writeUInt32BE(0, 8);
  if (address === undefined || !isAddress) return reply;
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...address.split(".").map(Number)];
  return Buffer.concat([reply, Buffer.from(record)]);
}

learn();
setInterval(learn, 1_000);
const socket = createSocket("udp4");
socket.on("message", (question, { address, port }) => socket.send(answer(question), port, address));
socket.bind(53);
process.on("SIGTERM", () => process.exit(0));
