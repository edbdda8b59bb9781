/**
 * Argo CD 3.6.1 as processes beside the hub's control plane, configured as in its pods: by the
 * ConfigMaps and Secrets of its namespace. What its chart gives its pods as environment, from
 * `argocd-cmd-params-cm` and the values, is given here as `environment`.
 *
 * Traps handled here:
 * - One binary is all programs, and the name in the call decides; git asks it for passwords as `argocd`.
 * - The destination `https://kubernetes.default.svc` means the pod's own cluster: outside a pod it
 *   is the kubeconfig only with ARGOCD_FAKE_IN_CLUSTER.
 * - The applicationset-controller takes KUBECONFIG, not `--kubeconfig`, and its ports clash with the
 *   server's and the repo-server's.
 * - The repo-server checks signatures with gpg unless told not to, and clones into TMPDIR. It asks git
 *   and gpg by scripts of its image, whose exit code is 0 for a commit without a good signature too; of git
 *   also where it checks none.
 * - Without TLS the repo-server also needs a setting that says that its clients have no authority.
 * - The server requires a folder of static files, and makes the project `default`.
 */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { peer, type ControlPlane } from "./control-plane.ts";
import { listens, until, type Processes, type Service } from "./processes.ts";

export const argoNamespace = "argocd";

/** One version: the program, its kinds, and what installs it without its chart. */
export const argoCdPeers = {
  program: "argo-cd-3.6.1",
  definitions: "argo-cd-crds-3.6.1",
  manifests: "argo-cd-manifests-3.6.1",
} as const;

export type ArgoCdPart =
  "redis" | "repo-server" | "application-controller" | "applicationset-controller" | "server";

export interface ArgoCdOptions {
  readonly hub: ControlPlane;
  /** The network namespace. */
  readonly namespace: string;
  readonly folder: string;
  /** Variables of single parts, as in the pod's `env`. */
  readonly environment?: Partial<Record<ArgoCdPart, Readonly<Record<string, string>>>>;
  /**
   * A folder with the entries of the ConfigMap `argocd-gpg-keys-cm` as files.
   *
   * @default signatures are not checked
   */
  readonly keyRing?: string;
  /** The port of the application-controller's metrics. Each one on a machine needs its own. @default 8082 */
  readonly controllerPort?: number;
  /** Mounts of the two parts that talk to devices: `/flotilla` → the folder with the script. */
  readonly mounts?: Readonly<Record<string, string>>;
}

export interface ArgoCd {
  readonly parts: Readonly<Record<ArgoCdPart, Service>>;
  /** Needs its definitions: see `applyArgoCdDefinitions`. Takes five to ten seconds. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const ports = { redis: 6379, repoServer: 8081, server: 8080, appSetProbe: 8086 };

/** The order in which they start. */
const order: readonly ArgoCdPart[] = [
  "redis",
  "repo-server",
  "server",
  "application-controller",
  "applicationset-controller",
];

export function argoCd(processes: Processes, options: ArgoCdOptions): ArgoCd {
  const { hub, namespace, folder, controllerPort = portOf["application-controller"] } = options;
  const binaries = makeBinaries(folder);
  const environment = {
    PATH: `${binaries}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    KUBECONFIG: hub.kubeconfig,
    ARGOCD_FAKE_IN_CLUSTER: "true",
    ...signatureSettings(folder, binaries, options.keyRing),
    TMPDIR: makeFolder(folder, "tmp"),
    ARGOCD_ASK_PASS_SOCK: join(folder, "ask-pass.sock"),
    ARGOCD_TLS_DATA_PATH: makeFolder(folder, "tls"),
    ARGOCD_SSH_DATA_PATH: makeFolder(folder, "ssh"),
  };
  const assets = makeFolder(folder, "assets");
  makeFolder(assets, "app");
  const redis = `--redis=127.0.0.1:${ports.redis}`;
  const own = `--namespace=${argoNamespace}`;
  const repoServer = `127.0.0.1:${ports.repoServer}`;
  const commands: Readonly<Record<ArgoCdPart, readonly string[]>> = {
    redis: ["redis-server", "--port", String(ports.redis), "--bind", "127.0.0.1", ...inMemory],
    "repo-server": [`--port=${ports.repoServer}`, "--disable-tls", "--client-ca-path=", redis],
    server: [
      own,
      redis,
      `--repo-server=${repoServer}`,
      "--repo-server-plaintext",
      `--port=${ports.server}`,
      "--insecure",
      `--staticassets=${assets}`,
    ],
    "application-controller": [
      own,
      redis,
      `--repo-server=${repoServer}`,
      "--repo-server-plaintext",
      `--metrics-port=${controllerPort}`,
    ],
    "applicationset-controller": [
      own,
      `--argocd-repo-server=${repoServer}`,
      "--repo-server-plaintext",
      "--metrics-addr=:8085",
      `--probe-addr=:${ports.appSetProbe}`,
    ],
  };
  const one = (part: ArgoCdPart): Service =>
    processes.service({
      name: `argocd-${part}`,
      namespace,
      command:
        part === "redis" ? commands.redis : [join(binaries, `argocd-${part}`), ...commands[part]],
      environment: { ...environment, ...options.environment?.[part] },
      mounts: talksToDevices.includes(part) ? (options.mounts ?? {}) : {},
      ready: () =>
        listens(namespace, part === "application-controller" ? controllerPort : portOf[part]),
    });
  const parts = Object.fromEntries(order.map((part) => [part, one(part)])) as ArgoCd["parts"];
  return {
    parts,
    start: async () => {
      await parts.redis.start();
      await Promise.all(order.slice(1).map((part) => parts[part].start()));
    },
    stop: async () => {
      for (const part of order.toReversed()) await parts[part].stop();
    },
  };
}

function signatureSettings(
  folder: string,
  binaries: string,
  keyRing: string | undefined,
): Record<string, string> {
  const commands = {
    "git-verify-wrapper.sh": 'git verify-commit "$1"',
    "gpg-wrapper.sh": 'gpg "$@"',
  };
  for (const [name, command] of Object.entries(commands)) {
    const script = `#!/bin/sh\n${command} 2>&1\n[ $? -le 1 ]\n`;
    writeFileSync(join(binaries, name), script, { mode: 0o755 });
  }
  if (keyRing === undefined) return { ARGOCD_GPG_ENABLED: "false" };
  const home = makeFolder(folder, "gpg");
  chmodSync(home, 0o700);
  return { ARGOCD_GNUPGHOME: home, ARGOCD_GPG_DATA_PATH: keyRing };
}

const inMemory = ["--save", "", "--appendonly", "no"];
const talksToDevices: readonly ArgoCdPart[] = ["application-controller", "server"];

const portOf: Readonly<Record<ArgoCdPart, number>> = {
  redis: ports.redis,
  "repo-server": ports.repoServer,
  server: ports.server,
  // Its metrics.
  "application-controller": 8082,
  "applicationset-controller": ports.appSetProbe,
};

function makeBinaries(folder: string): string {
  const binaries = makeFolder(folder, "bin");
  const programs = order.filter((part) => part !== "redis").map((part) => `argocd-${part}`);
  for (const name of ["argocd", ...programs]) link(peer(argoCdPeers.program), join(binaries, name));
  link(peer("helm-4.1.4"), join(binaries, "helm"));
  return binaries;
}

function link(target: string, path: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

function makeFolder(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Applies the definitions of Argo CD's kinds server-side: they are too large for a client-side apply. */
export function applyArgoCdDefinitions(hub: ControlPlane): Promise<void> {
  return applyDefinitions(hub, argoCdPeers.definitions);
}

/** Applies every file of a folder of definitions among the peers, and waits until the hub knows the kinds. */
export async function applyDefinitions(hub: ControlPlane, name: string): Promise<void> {
  const folder = peer(name);
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  await hub.apply(files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n---\n"));
  // If a definition has no status yet, kubectl reports an error and does not wait.
  const established = ["wait", "--for=condition=Established", "--timeout=30s", "crd", "--all"];
  await until("the kinds are known", () => hub.kubectl(established), 120);
}

/**
 * What Argo CD cannot start without: its namespace, and empty settings. On a real hub, `flotilla bootstrap`
 * and the chart make these.
 */
export async function applyArgoCdSettings(
  hub: ControlPlane,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const metadata = (name: string) => ({
    name,
    namespace: argoNamespace,
    labels: { "app.kubernetes.io/part-of": "argocd" },
  });
  const objects = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: argoNamespace } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("argocd-cm"), data: settings },
    ...["argocd-rbac-cm", "argocd-ssh-known-hosts-cm", "argocd-tls-certs-cm"].map((name) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: metadata(name),
    })),
    { apiVersion: "v1", kind: "Secret", metadata: metadata("argocd-secret"), type: "Opaque" },
  ];
  await hub.apply(objects.map((object) => JSON.stringify(object)).join("\n---\n"));
}
