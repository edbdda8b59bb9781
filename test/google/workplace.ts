/**
 * All that `flotilla deploy` and `flotilla destroy` meet, on loopback: the real terraform with the
 * real providers, an emulated Google, and as its cluster a real API server with the controllers
 * that end a namespace. gcloud and GKE's plugin are scripts; Argo CD's chart is a small one of its
 * name and version.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { RootKey } from "../../fleet/keys/root-key.ts";
import { argoChartPeers, makeArgoChart } from "../argo-chart.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../cli/hub/api-server.ts";
import { processes } from "../e2e/processes.ts";
import { peerPath } from "../peers/peers.ts";
import { sampleFleet } from "../sample.ts";
import { startEmulator, type Emulator } from "./server.ts";
import { missing, Workspace } from "./terraform.ts";

const helmProvider = peerPath("terraform-mirror/registry.terraform.io/hashicorp/helm/3.1.1");

/** Why it can't stand here, or undefined where it can. */
export const workplaceMissing =
  missing ??
  (hasApiServer && helmProvider && argoChartPeers.every((name) => peerPath(name) !== undefined)
    ? undefined
    : "test/peers/build.sh e2e was not run");

export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Workplace {
  /** Holds fleet.yaml. Its path is short: there are sockets in it. */
  readonly folder: string;
  readonly emulator: Emulator;
  /** The cluster, as its administrator sees it. */
  readonly api: ApiServer;
  /** The program as a user starts it. */
  readonly flotilla: (...args: readonly string[]) => Promise<CommandResult>;
  readonly execute: (
    command: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ) => Promise<CommandResult>;
  /** Replaces a text of fleet.yaml. */
  readonly edit: (from: string | RegExp, to: string) => void;
  /** Puts beside fleet.yaml what cdktf's command line needs to find there. */
  readonly linkSources: () => void;
  /** cdktf's command line. */
  readonly cdktf: string;
  readonly end: () => Promise<void>;
}

const root = join(import.meta.dirname, "..", "..");
const program = join(root, "cli", "flotilla.mjs");

/** With a first fleet and its key, in a project in which no API is enabled. */
export async function startWorkplace(project: string): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), "hub-"));
  const emulator = await startEmulator(project);
  const workspace = new Workspace(emulator.environment);
  const api = await startCluster(folder);
  const charts = await serveChart(folder);
  enterCluster(emulator, api.url.replace("https://", ""));
  await writePrograms(folder, api);
  const environment = {
    ...workspace.environment,
    HOME: folder,
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    KUBECONFIG: join(folder, "kubeconfig"),
    // Google's endpoint has a certificate that every computer trusts.
    SSL_CERT_FILE: join(folder, "tls/server-ca.crt"),
  };
  const execute: Workplace["execute"] = ([name = "", ...args], further = {}) =>
    // Not spawnSync: the servers that are asked are in this process.
    finish(spawn(name, args, { cwd: folder, env: { ...environment, ...further } }));
  const flotilla = (...args: readonly string[]) => execute([process.execPath, program, ...args]);
  const edit = (name: string, from: string | RegExp, to: string) => {
    const text = readFileSync(join(folder, name), "utf8");
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`${name} has no ${String(from)}`);
    writeFileSync(join(folder, name), changed);
  };
  for (const command of ["init", "keygen", "synth"]) {
    const { code, err } = await flotilla(command);
    if (code !== 0) throw new Error(err);
  }
  edit("fleet.lock.yaml", "https://argoproj.github.io/argo-helm", charts.url);
  return {
    folder,
    emulator,
    api,
    flotilla,
    execute,
    edit: (from, to) => edit("fleet.yaml", from, to),
    linkSources() {
      for (const name of ["cdktf.json", "infra", "node_modules"]) {
        rmSync(join(folder, name), { recursive: true, force: true });
        symlinkSync(join(root, name), join(folder, name));
      }
    },
    cdktf: join(root, "node_modules/.bin/cdktf"),
    async end() {
      charts.server.close();
      await api.end();
      await emulator.close();
      workspace.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function finish(child: ReturnType<typeof spawn>): Promise<CommandResult> {
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

/** A cluster that Google makes from now on is this one. */
function enterCluster({ cloud }: Emulator, endpoint: string): void {
  const create = cloud.create.bind(cloud);
  cloud.create = (path, resource) => {
    const dnsEndpointConfig = { endpoint, allowExternalTraffic: true };
    const access = { dnsEndpointConfig, ipEndpointsConfig: { enabled: false } };
    const isCluster = /\/clusters\/[^/]+$/.test(path);
    create(path, isCluster ? { ...resource, controlPlaneEndpointsConfig: access } : resource);
  };
}

/** Those that let go of what is deleted. */
const controllers = [
  "namespace-controller",
  "garbage-collector-controller",
  "persistentvolumeclaim-protection-controller",
];

async function startCluster(folder: string): Promise<ApiServer> {
  const key = new RootKey(Uint8Array.from({ length: 32 }, (_, index) => index));
  const api = await startApiServer(folder, sampleFleet, sampleFleet.devices[0]!, key);
  const manager = join(folder, "kube-controller-manager");
  symlinkSync(peerPath("kubernetes-1.36.3-2") ?? "", manager);
  const service = processes(join(folder, "run")).service({
    name: "controllers",
    command: [
      manager,
      `--kubeconfig=${await api.user("/O=system:masters/CN=controllers")}`,
      `--controllers=${controllers.join()}`,
      "--secure-port=0",
      "--leader-elect=false",
    ],
  });
  await service.start();
  return {
    ...api,
    async end() {
      await service.stop();
      await api.end();
    },
  };
}

/** On loopback. */
async function serveChart(folder: string): Promise<{ url: string; server: Server }> {
  const charts = join(folder, "charts");
  const server = createServer((request, response) => {
    response.end(readFileSync(join(charts, request.url?.split("?")[0] ?? "")));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await makeArgoChart(charts, url);
  return { url, server };
}

async function writePrograms(folder: string, api: ApiServer): Promise<void> {
  const bin = join(folder, "bin");
  const config = JSON.parse(readFileSync(await api.user("/O=system:masters/CN=ada"), "utf8")) as {
    users: { user: Record<"client-certificate" | "client-key", string> }[];
  };
  const { user } = config.users[0]!;
  const status = {
    clientCertificateData: readFileSync(user["client-certificate"], "utf8"),
    clientKeyData: readFileSync(user["client-key"], "utf8"),
  };
  const apiVersion = "client.authentication.k8s.io/v1beta1";
  const credential = JSON.stringify({ apiVersion, kind: "ExecCredential", status });
  const plugin = `#!/bin/sh\ncat <<'END'\n${credential}\nEND\n`;
  write(join(bin, "gke-gcloud-auth-plugin"), plugin, 0o755);
  write(join(bin, "gcloud"), gcloud, 0o755);
  // The project's own package.json says that its files are modules.
  write(join(bin, "package.json"), '{ "type": "commonjs" }\n');
  symlinkSync(api.kubectl, join(bin, "kubectl"));
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
