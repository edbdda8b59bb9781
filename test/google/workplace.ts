/**
 * All that `flotilla deploy` and `flotilla destroy` meet, on loopback: the real terraform with the
 * real providers, an emulated Google, and as its cluster a real API server with the controllers
 * that end a namespace. Argo CD's chart is a small one of its name and version.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RootKey } from "../../fleet/keys/root-key.ts";
import { argoChartPeers, makeArgoChart, serveCharts } from "../argo-chart.ts";
import { hasApiServer, startApiServer, type ApiServer } from "../cli/hub/api-server.ts";
import { userOf } from "../e2e/kubeconfig.ts";
import { processes } from "../e2e/processes.ts";
import { peerPath } from "../peers/peers.ts";
import { sampleFleet } from "../sample.ts";
import { enterCluster, writePrograms } from "./own-cluster.ts";
import { startEmulator, type Emulator } from "./server.ts";
import { missing, Workspace } from "./terraform.ts";

const helmProvider = peerPath("terraform-mirror/registry.terraform.io/hashicorp/helm/3.1.1");

/** Why it can't run here, or undefined if it can. */
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
  const charts = await serveCharts(join(folder, "charts"));
  await makeArgoChart(join(folder, "charts"), charts.url);
  enterCluster(emulator.cloud, api.url.replace("https://", ""));
  const user = userOf(await api.user("/O=system:masters/CN=ada"));
  writePrograms(join(folder, "bin"), { user, kubectl: api.kubectl });
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
