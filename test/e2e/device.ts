/**
 * A running device: a network namespace behind a NAT router, with everything from its own Ignition: the
 * firewall, the tunnel, and K3s' API server with the authorities, the flags and the manifests on its disk.
 *
 * Stand-ins for K3s, which is in no package registry: kine, kube-apiserver and kube-controller-manager run
 * as processes; the harness signs K3s' leaf certificates, applies the files in `server/manifests`, and makes
 * the key that encrypts Secrets. wireguard-go, set up from the keyfile, replaces NetworkManager. kwok does
 * what Traefik does; volumes exist before they are requested. On a device without a kubelet, kwok also
 * plays the node and its pods.
 *
 * Traps handled here:
 * - The tunnel has the same name on every device, and wireguard-go's control sockets are in one
 *   folder: each device sees a folder of its own there.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { controlPlane, peer, type ControlPlane } from "./control-plane.ts";
import { applyIgnition } from "./ignition.ts";
import { manifestText } from "./nodes/manifests.ts";
import { clusterNode, type Node } from "./nodes/node.ts";
import { run, type Processes, type Service } from "./processes.ts";

export interface DeviceOptions {
  readonly name: string;
  readonly namespace: string;
  /** The folder with its disk and other files. */
  readonly folder: string;
  /** Its address in the site's network. K3s puts it into the certificate. */
  readonly lanAddress: string;
  /**
   * Makes an archive of its workloads' images: the device is a node with a kubelet.
   *
   * @default kwok plays its pods
   */
  readonly images?: () => Promise<string>;
}

export interface EdgeDevice {
  readonly name: string;
  readonly namespace: string;
  /** After the first boot. */
  readonly controlPlane: () => ControlPlane;
  /** Where it has a kubelet, after the first boot. */
  readonly node: () => Node | undefined;
  readonly tunnel: Service;
  /** Applies the Ignition and boots. @returns when its API server was ready, in milliseconds */
  install(ignition: string): Promise<number>;
  /** A power cut: kills everything. */
  cutPower(): Promise<void>;
  /** @returns when its API server was ready, in milliseconds */
  boot(): Promise<number>;
  /** A file of its disk. */
  file(path: string): string;
}

const interfaceName = "wg-hub";
const serverLabel = "node-role.kubernetes.io/control-plane";
const serverFolder = "/var/lib/rancher/k3s/server";

export function edgeDevice(processes: Processes, options: DeviceOptions): EdgeDevice {
  const { name, namespace, folder, images } = options;
  const volumes = join(folder, "volumes");
  const disk = join(folder, "disk");
  const sockets = join(folder, "wireguard");
  let plane: ControlPlane | undefined;
  let kwok: Service | undefined;
  let node: Node | undefined;
  const tunnel = processes.service({
    name: `${name}-tunnel`,
    namespace,
    command: ["wireguard-go", "--foreground", interfaceName],
    environment: { LOG_LEVEL: "error" },
    mounts: { "/var/run/wireguard": sockets },
    ready: () => existsSync(join(sockets, `${interfaceName}.sock`)),
  });
  const read = (path: string) => readFileSync(join(disk, path), "utf8");
  const bootNode = async (own: ControlPlane, archive: string) => {
    node ??= deviceNode(processes, options, own, disk);
    await node.boot(archive);
    // As K3s does; a kubelet may not.
    await own.kubectl(["label", "--overwrite", `node/${name}`, `${serverLabel}=true`]);
  };
  const boot = async (): Promise<number> => {
    await run(["nft", "-f", join(disk, "etc/flotilla/firewall.nft")], { namespace });
    rmSync(sockets, { recursive: true, force: true });
    mkdirSync(sockets, { recursive: true });
    await tunnel.start();
    await dial(tunnel, namespace, folder, read(keyfilePath));
    plane ??= await makePlane(processes, options, disk);
    await plane.start();
    const readyAt = performance.now();
    await plane.apply(read(`${serverFolder}/manifests/flotilla.yaml`));
    if (images === undefined) await plane.apply(JSON.stringify(nodeOf(name)));
    else await bootNode(plane, await images());
    await plane.apply(manifestText(localVolumes(volumes)));
    kwok ??= playedPods(processes, options, plane);
    await kwok.start();
    return readyAt;
  };
  return {
    name,
    namespace,
    tunnel,
    node: () => node,
    controlPlane: () => {
      if (plane === undefined) throw new Error(`${name} has never been booted`);
      return plane;
    },
    install: async (ignition) => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(disk, { recursive: true });
      plane = undefined;
      kwok = undefined;
      node = undefined;
      applyIgnition(ignition, disk);
      return boot();
    },
    boot,
    cutPower: async () => {
      await node?.cutPower();
      const parts = [
        kwok,
        plane?.scheduler,
        plane?.controllerManager,
        plane?.apiserver,
        plane?.kine,
        tunnel,
      ];
      for (const part of parts) await part?.kill();
    },
    file: read,
  };
}

const keyfilePath = `/etc/NetworkManager/system-connections/${interfaceName}.nmconnection`;

/** What NetworkManager makes of its keyfile. */
async function dial(
  tunnel: Service,
  namespace: string,
  folder: string,
  keyfile: string,
): Promise<void> {
  const sections = parseKeyfile(keyfile);
  const [peerSection = ""] = [...sections.keys()].filter((one) =>
    one.startsWith("wireguard-peer."),
  );
  const peerSettings = sections.get(peerSection) ?? {};
  const allowed = (peerSettings["allowed-ips"] ?? "").split(";").filter(Boolean);
  const configuration = `[Interface]
PrivateKey = ${sections.get("wireguard")?.["private-key"]}
[Peer]
PublicKey = ${peerSection.slice("wireguard-peer.".length)}
Endpoint = ${peerSettings["endpoint"]}
AllowedIPs = ${allowed.join(",")}
PersistentKeepalive = ${peerSettings["persistent-keepalive"]}
`;
  const path = join(folder, "wg.conf");
  writeFileSync(path, configuration, { mode: 0o600 });
  await inMounts(tunnel, ["wg", "setconf", interfaceName, path]);
  const address = sections.get("ipv4")?.["address1"] ?? "";
  await run(["ip", "address", "add", address, "dev", interfaceName], { namespace });
  await run(["ip", "link", "set", interfaceName, "mtu", "1420", "up"], { namespace });
  for (const range of allowed) {
    await run(["ip", "route", "replace", range, "dev", interfaceName], { namespace });
  }
}

/** Runs a command where the service is: in its network and with its mounts. */
export function inMounts(service: Service, command: readonly string[]): Promise<string> {
  return run(["nsenter", "--target", String(service.id()), "--mount", "--net", ...command]);
}

function parseKeyfile(text: string): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const sections = new Map<string, Record<string, string>>();
  let current: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const section = /^\[(.*)\]$/.exec(line)?.[1];
    if (section !== undefined) sections.set(section, (current = {}));
    const split = line.indexOf("=");
    if (section === undefined && split > 0) current[line.slice(0, split)] = line.slice(split + 1);
  }
  return sections;
}

interface K3sSettings {
  readonly "node-name": string;
  readonly "tls-san": readonly string[];
  readonly "kube-apiserver-arg"?: readonly string[];
}

function makePlane(
  processes: Processes,
  options: DeviceOptions,
  disk: string,
): Promise<ControlPlane> {
  const { name, namespace, folder, lanAddress } = options;
  const settings = load(
    readFileSync(join(disk, "etc/rancher/k3s/config.yaml"), "utf8"),
  ) as K3sSettings;
  const names = [settings["node-name"], ...settings["tls-san"], lanAddress];
  const server = join(disk, serverFolder);
  const encryption = join(folder, "encryption.json");
  writeFileSync(encryption, encryptionSettings(), { mode: 0o600 });
  return controlPlane(processes, {
    name,
    namespace,
    folder: join(folder, "k3s"),
    authorities: join(server, "tls"),
    alternativeNames: names.map((one) => `${/^[\d.]+$/.test(one) ? "IP" : "DNS"}:${one}`),
    apiserverFlags: [
      ...(settings["kube-apiserver-arg"] ?? []).map((flag) =>
        flag.replace(serverFolder, server).replace("=/etc/flotilla", `=${disk}/etc/flotilla`),
      ),
      `encryption-provider-config=${encryption}`,
    ],
    ...(options.images === undefined ? {} : { nodeAddress: lanAddress }),
  });
}

/** The addresses are K3s' own. */
function deviceNode(
  processes: Processes,
  options: DeviceOptions,
  plane: ControlPlane,
  disk: string,
): Node {
  const { name, namespace, folder, lanAddress } = options;
  const own = ["/var/lib/flotilla", "/var/lib/flotilla-telemetry", "/usr/local/bin"];
  return clusterNode(processes, {
    name,
    namespace,
    folder: join(folder, "node"),
    podsRange: "10.42.0.0/24",
    servicesRange: "10.43.0.0/16",
    plane,
    authorities: join(disk, serverFolder, "tls"),
    address: lanAddress,
    mounts: Object.fromEntries(own.map((path) => [path, join(disk, path)])),
  });
}

/** The file that K3s writes for `secrets-encryption`. */
function encryptionSettings(): string {
  const key = { name: "aescbckey", secret: randomBytes(32).toString("base64") };
  return JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      { resources: ["secrets"], providers: [{ aescbc: { keys: [key] } }, { identity: {} }] },
    ],
  });
}

function nodeOf(name: string): object {
  const labels = { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" };
  const metadata = { name, labels, annotations: { "kwok.x-k8s.io/node": "fake" } };
  return { apiVersion: "v1", kind: "Node", metadata };
}

const storageClass = "local-path";

/** Replaces K3s' local-path-provisioner: existing volumes that everyone may write to. */
function localVolumes(folder: string): readonly object[] {
  const volume = (name: string) => {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777);
    return {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: {
        storageClassName: storageClass,
        capacity: { storage: "10Gi" },
        accessModes: ["ReadWriteOnce"],
        hostPath: { path },
      },
    };
  };
  return [
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: storageClass },
      provisioner: "kubernetes.io/no-provisioner",
      volumeBindingMode: "WaitForFirstConsumer",
    },
    ...["one", "two"].map(volume),
  ];
}

function playedPods(processes: Processes, options: DeviceOptions, plane: ControlPlane): Service {
  const stages = peer("kwok-stages-0.8.0.yaml");
  const isPlayed = options.images === undefined;
  return processes.service({
    name: `${options.name}-kwok`,
    namespace: options.namespace,
    command: [
      peer("kwok-0.8.0"),
      `--kubeconfig=${plane.kubeconfig}`,
      ...(isPlayed
        ? ["--manage-all-nodes=true", `--config=${stages}`]
        : ["--manage-all-nodes=false", "--manage-nodes-with-label-selector=kwok=none"]),
      `--config=${join(import.meta.dirname, "k3s-stages.yaml")}`,
    ],
    ...(isPlayed && {
      ready: () =>
        plane.kubectl(["wait", "--for=condition=Ready", `node/${options.name}`, "--timeout=2s"]),
    }),
  });
}
