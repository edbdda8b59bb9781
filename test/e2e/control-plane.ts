/**
 * One Kubernetes control plane in a network namespace: kine, kube-apiserver, kube-controller-manager
 * and kube-scheduler as processes. K3s runs them in one process.
 *
 * Traps handled here:
 * - The API server is stopped before kine: without its store it hangs for a minute.
 * - Endpoints refuse a loopback address: a control plane without nodes advertises another one, and no
 *   reconciler writes it.
 * - The controller manager and the scheduler have no port: their metrics would be bound in every
 *   namespace alike.
 * - Without a kubelet (nodes/node.ts) a Deployment with replicas stays Progressing. `kwok` plays nodes and
 *   pods.
 * - One binary is all programs, and the name in the call decides, so it gets a link for each name.
 */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { peerPath } from "../peers/peers.ts";
import { makeAuthorities, makeLeaf, type Pair } from "./certificates.ts";
import { run, type Processes, type Service } from "./processes.ts";
import { writeKubeconfig } from "./kubeconfig.ts";

export interface ControlPlaneOptions {
  /** The name of its processes. */
  readonly name: string;
  readonly namespace: string;
  /** Its data, which is kept between starts: the store, the leaf certificates and the kubeconfig. */
  readonly folder: string;
  /** Files as in K3s' folder `server/tls`: the authorities and `service.key`. */
  readonly authorities: string;
  /** Further names in the serving certificate, beside K3s' own: `DNS:…` or `IP:…`. */
  readonly alternativeNames: readonly string[];
  /** Further flags of kube-apiserver, as `kube-apiserver-arg` in K3s' configuration: `audit-log-…`. */
  readonly apiserverFlags?: readonly string[];
  /** The port of the API server. @default 6443, as K3s has it */
  readonly port?: number;
  /** kube-controller-manager's flag `--controllers`. @default all */
  readonly controllers?: string;
  /** The address of a node in the same network namespace, which reaches the API server there. @default none */
  readonly nodeAddress?: string;
  /** Addresses of Services. @default 10.43.0.0/16, as K3s has it */
  readonly servicesRange?: string;
  readonly mounts?: Readonly<Record<string, string>>;
}

export interface ControlPlane {
  readonly kine: Service;
  readonly apiserver: Service;
  readonly controllerManager: Service;
  readonly scheduler: Service;
  /** The administrator's kubeconfig for processes in the namespace, with the server 127.0.0.1:6443. */
  readonly kubeconfig: string;
  /** The certificate and key in it. */
  readonly administrator: Pair;
  /** The URL of the API server, for processes in the namespace. */
  readonly url: string;
  /** Starts all of them, in order. Takes four to ten seconds. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** @returns its output. @throws Error with kubectl's own message */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Applies YAML or JSON server-side. */
  apply(manifests: string): Promise<string>;
  /** The object that `kubectl get … -o json` prints. */
  get<Answer>(...args: readonly string[]): Promise<Answer>;
  /** The address of a Service inside the cluster. */
  serviceAddress(namespace: string, name: string): Promise<string>;
}

const apiPort = 6443;

/** For processes in the same namespace. */
function ownUrl({ port = apiPort }: ControlPlaneOptions): string {
  return `https://127.0.0.1:${port}`;
}

export async function controlPlane(
  processes: Processes,
  options: ControlPlaneOptions,
): Promise<ControlPlane> {
  const { name, namespace, folder } = options;
  mkdirSync(folder, { recursive: true });
  const leaves = await makeLeaves(options);
  const url = ownUrl(options);
  const authority = join(options.authorities, "server-ca.crt");
  const kubeconfig = writeKubeconfig(
    join(folder, "admin.kubeconfig"),
    url,
    authority,
    leaves.admin,
  );
  const cache = join(folder, "kubectl-cache");
  const kubectlCommand = [
    peer("kubectl-1.35.2"),
    `--kubeconfig=${kubeconfig}`,
    `--cache-dir=${cache}`,
  ];
  const kubectl = (args: readonly string[], input?: string) =>
    run([...kubectlCommand, ...args], {
      namespace,
      ...(input === undefined ? {} : { input }),
    });

  const socket = join(folder, "kine.sock");
  const one = (part: string, command: readonly string[], ready?: () => unknown) =>
    processes.service({
      name: `${name}-${part}`,
      namespace,
      command,
      ...(options.mounts === undefined ? {} : { mounts: options.mounts }),
      ...(ready === undefined ? {} : { ready }),
    });
  const kine = one("kine", kineCommand(folder, socket), () =>
    run(["bash", "--norc", "-c", `[ -S "${socket}" ]`]),
  );
  const apiserver = one("apiserver", apiserverCommand(options, leaves, socket), () =>
    kubectl(["get", "--raw", "/readyz"]),
  );
  const controllerManager = one("controller-manager", controllerManagerCommand(options, leaves));
  const scheduler = one("scheduler", schedulerCommand(options, leaves));
  const inOrder = [kine, apiserver, controllerManager, scheduler];
  return {
    kine,
    apiserver,
    controllerManager,
    scheduler,
    kubeconfig,
    administrator: leaves.admin,
    url,
    start: async () => {
      rmSync(socket, { force: true });
      for (const part of inOrder) await part.start();
    },
    stop: async () => {
      for (const part of inOrder.toReversed()) await part.stop();
    },
    kubectl,
    apply: (manifests) =>
      kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], manifests),
    get: async <Answer>(...args: readonly string[]) =>
      JSON.parse(await kubectl(["get", ...args, "-o", "json"])) as Answer,
    serviceAddress: (inNamespace, service) => {
      const of = ["service", service, "--namespace", inNamespace];
      return kubectl(["get", ...of, "-o", "jsonpath={.spec.clusterIP}"]);
    },
  };
}

interface Leaves {
  readonly serving: Pair;
  readonly admin: Pair;
  readonly controllerManager: Pair;
  readonly scheduler: Pair;
  readonly frontProxy: Pair;
  readonly kubeletClient: Pair;
}

/** Names: K3s v1.36, pkg/daemons/control/deps/deps.go. */
async function makeLeaves(options: ControlPlaneOptions): Promise<Leaves> {
  const { authorities } = options;
  const leaves = join(options.folder, "tls");
  const client = (name: string, subject: string) =>
    makeLeaf(authorities, leaves, { name, subject, authority: "client-ca", usage: "clientAuth" });
  const serving = await makeLeaf(authorities, leaves, {
    name: "serving-kube-apiserver",
    authority: "server-ca",
    subject: "/CN=kube-apiserver",
    usage: "serverAuth",
    alternativeNames: [...ownNames, `IP:${firstService(options)}`, ...options.alternativeNames],
  });
  return {
    serving,
    admin: await client("client-admin", "/O=system:masters/CN=system:admin"),
    controllerManager: await client("client-controller", "/CN=system:kube-controller-manager"),
    scheduler: await client("client-scheduler", "/CN=system:kube-scheduler"),
    kubeletClient: await client("client-kube-apiserver", "/O=system:masters/CN=system:apiserver"),
    frontProxy: await makeLeaf(authorities, leaves, {
      name: "client-auth-proxy",
      authority: "request-header-ca",
      subject: "/CN=system:auth-proxy",
      usage: "clientAuth",
    }),
  };
}

const ownNames = [
  "DNS:kubernetes",
  "DNS:kubernetes.default",
  "DNS:kubernetes.default.svc",
  "DNS:kubernetes.default.svc.cluster.local",
  "DNS:localhost",
  "IP:127.0.0.1",
  "IP:::1",
];

const servicesDefault = "10.43.0.0/16";

/** The address of the Service `kubernetes`. */
function firstService({ servicesRange = servicesDefault }: ControlPlaneOptions): string {
  return servicesRange.replace(/\.\d+\/\d+$/, ".1");
}

function kineCommand(folder: string, socket: string): string[] {
  const settings = "_journal=WAL&cache=shared&_busy_timeout=30000&_txlock=immediate";
  return [
    peer("kine-0.16.4"),
    `--endpoint=sqlite://${join(folder, "state.db")}?${settings}`,
    `--listen-address=unix://${socket}`,
    "--metrics-bind-address=0",
  ];
}

function apiserverCommand(options: ControlPlaneOptions, leaves: Leaves, socket: string): string[] {
  const file = (name: string) => join(options.authorities, name);
  const issuer = "https://kubernetes.default.svc.cluster.local";
  return [
    kubernetesProgram(options.folder, "kube-apiserver"),
    `--etcd-servers=unix://${socket}`,
    "--bind-address=0.0.0.0",
    `--secure-port=${options.port ?? apiPort}`,
    `--advertise-address=${options.nodeAddress ?? "192.0.2.1"}`,
    ...(options.nodeAddress === undefined
      ? ["--endpoint-reconciler-type=none"]
      : nodeFlags(options.authorities, leaves)),
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--anonymous-auth=false",
    `--service-cluster-ip-range=${options.servicesRange ?? servicesDefault}`,
    `--tls-cert-file=${leaves.serving.certificate}`,
    `--tls-private-key-file=${leaves.serving.key}`,
    `--client-ca-file=${file("client-ca.crt")}`,
    `--requestheader-client-ca-file=${file("request-header-ca.crt")}`,
    "--requestheader-allowed-names=system:auth-proxy",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-username-headers=X-Remote-User",
    `--proxy-client-cert-file=${leaves.frontProxy.certificate}`,
    `--proxy-client-key-file=${leaves.frontProxy.key}`,
    `--service-account-issuer=${issuer}`,
    `--service-account-key-file=${file("service.key")}`,
    `--service-account-signing-key-file=${file("service.key")}`,
    ...(options.apiserverFlags ?? []).map((flag) => `--${flag}`),
  ];
}

/** What the API server needs for pods that run, and to reach their kubelet. */
function nodeFlags(authorities: string, { kubeletClient }: Leaves): string[] {
  return [
    "--allow-privileged=true",
    `--kubelet-client-certificate=${kubeletClient.certificate}`,
    `--kubelet-client-key=${kubeletClient.key}`,
    `--kubelet-certificate-authority=${join(authorities, "server-ca.crt")}`,
    "--kubelet-preferred-address-types=InternalIP",
  ];
}

function controllerManagerCommand(options: ControlPlaneOptions, leaves: Leaves): string[] {
  const authority = join(options.authorities, "server-ca.crt");
  const kubeconfig = writeKubeconfig(
    join(options.folder, "controller.kubeconfig"),
    ownUrl(options),
    authority,
    leaves.controllerManager,
  );
  return [
    kubernetesProgram(options.folder, "kube-controller-manager"),
    `--kubeconfig=${kubeconfig}`,
    `--root-ca-file=${authority}`,
    `--service-account-private-key-file=${join(options.authorities, "service.key")}`,
    "--use-service-account-credentials=true",
    ...(options.controllers === undefined ? [] : [`--controllers=${options.controllers}`]),
    "--secure-port=0",
    "--leader-elect=false",
  ];
}

function schedulerCommand(options: ControlPlaneOptions, leaves: Leaves): string[] {
  const kubeconfig = writeKubeconfig(
    join(options.folder, "scheduler.kubeconfig"),
    ownUrl(options),
    join(options.authorities, "server-ca.crt"),
    leaves.scheduler,
  );
  return [
    kubernetesProgram(options.folder, "kube-scheduler"),
    `--kubeconfig=${kubeconfig}`,
    "--secure-port=0",
    "--leader-elect=false",
  ];
}

/** A program of Kubernetes, as a link of its name in the folder. */
export function kubernetesProgram(folder: string, name: string): string {
  const path = join(folder, name);
  rmSync(path, { force: true });
  symlinkSync(peer("kubernetes-1.36.3-2"), path);
  return path;
}

/** @throws Error that says how to build the tool */
export function peer(name: string): string {
  const path = peerPath(name);
  if (path === undefined) throw new Error(`${name} is not built: run test/peers/build.sh e2e`);
  return path;
}

/** Starts a hub's control plane, with its own authorities in the folder `ca`. */
export async function startHubPlane(
  processes: Processes,
  { namespace, folder }: Pick<ControlPlaneOptions, "namespace" | "folder">,
): Promise<ControlPlane> {
  const authorities = join(folder, "ca");
  await makeAuthorities(authorities);
  const plane = await controlPlane(processes, {
    name: "hub",
    namespace,
    folder: join(folder, "hub"),
    authorities,
    alternativeNames: [],
    port: 443,
  });
  await plane.start();
  return plane;
}
