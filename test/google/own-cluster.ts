/**
 * A cluster that the tests run, in place of the one that the emulated Google makes: where its API server
 * is, and the programs that log in to it. gcloud and GKE's plugin are scripts.
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Pair } from "../e2e/certificates.ts";
import { loginPlugin } from "../e2e/kubeconfig.ts";
import type { Cloud } from "./cloud.ts";

/** A cluster that Google makes from now on has its API server there, `HOST:PORT`. */
export function enterCluster(cloud: Cloud, endpoint: string): void {
  const create = cloud.create.bind(cloud);
  cloud.create = (path, resource) => {
    const dnsEndpointConfig = { endpoint, allowExternalTraffic: true };
    const access = { dnsEndpointConfig, ipEndpointsConfig: { enabled: false } };
    const isCluster = /\/clusters\/[^/]+$/.test(path);
    create(path, isCluster ? { ...resource, controlPlaneEndpointsConfig: access } : resource);
  };
}

export interface OwnPrograms {
  /** The administrator. GKE's plugin logs in with it. */
  readonly user: Pair;
  /** The real kubectl. */
  readonly kubectl: string;
}

/** Writes them to a folder. They need SSL_CERT_FILE with the authority of the cluster's server. */
export function writePrograms(folder: string, { user, kubectl }: OwnPrograms): void {
  write(join(folder, "gke-gcloud-auth-plugin"), loginPlugin(user, "v1beta1").script, 0o755);
  write(join(folder, "gcloud"), gcloud, 0o755);
  // The project's own package.json says that its files are modules.
  write(join(folder, "package.json"), '{ "type": "commonjs" }\n');
  symlinkSync(kubectl, join(folder, "kubectl"));
}

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

/** As much of gcloud as is called, in CommonJS; it asks the emulated Google. */
const gcloud = `#!/usr/bin/env node
const { writeFileSync } = require("node:fs");
const args = process.argv.slice(2).filter((argument) => argument !== "--quiet");
const flags = new Map(args.filter((a) => a.startsWith("--")).map((a) => a.slice(2).split("=")));
const words = args.filter((argument) => !argument.startsWith("--"));
const project = flags.get("project");

function fail(message) {
  console.error("ERROR: (gcloud." + words.slice(0, 3).join(".") + ") " + message);
  process.exit(1);
}

async function ask(product, path, options) {
  const answer = await fetch(process.env["GOOGLE_" + product + "_CUSTOM_ENDPOINT"] + path, options);
  const body = await answer.json();
  if (answer.ok) return body;
  fail("ResponseError: code=" + answer.status + ", message=" + body.error.message);
}

const show = (value) => console.log(JSON.stringify(value));
const commands = {
  "": () => console.log("Google Cloud SDK 528.0.0"),
  "auth list": () => console.log("ada@cornercafe.example"),
  "auth application-default print-access-token": () => console.log("fake"),
  "projects describe": async (id) => show({ projectId: id }),
  "billing projects describe": async (id) =>
    show(await ask("CLOUD_BILLING", "projects/" + id + "/billingInfo")),
  "services list": async () => {
    const { services } = await ask("SERVICE_USAGE", "projects/" + project + "/services");
    for (const { name } of services) console.log(name.split("/").at(-1));
  },
  "services enable": async (...serviceIds) => {
    const path = "projects/" + project + "/services:batchEnable";
    await ask("SERVICE_USAGE", path, { method: "POST", body: JSON.stringify({ serviceIds }) });
  },
  "compute regions describe": () => show({ quotas: [] }),
  "compute project-info describe": () => show({ quotas: [] }),
  "container clusters get-credentials": async (name) => {
    const location = flags.get("location");
    const path = "projects/" + project + "/locations/" + location + "/clusters/" + name;
    const { controlPlaneEndpointsConfig: access } = await ask("CONTAINER", path);
    const context = ["gke", project, location, name].join("_");
    const apiVersion = "client.authentication.k8s.io/v1beta1";
    const exec = { apiVersion, command: "gke-gcloud-auth-plugin", interactiveMode: "Never" };
    writeFileSync(process.env.KUBECONFIG, JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": context,
      contexts: [{ name: context, context: { cluster: context, user: context } }],
      clusters: [{ name: context, cluster: {
        server: "https://" + access.dnsEndpointConfig.endpoint,
        "certificate-authority": process.env.SSL_CERT_FILE,
      } }],
      users: [{ name: context, user: { exec } }],
    }));
  },
};
const name = Object.keys(commands)
  .filter((each) => each === "" ? words.length === 0 : words.join(" ").startsWith(each))
  .toSorted((a, b) => b.length - a.length)[0];
if (name === undefined) fail("no such command");
else void commands[name](...words.slice(name.split(" ").length));
`;
