/**
 * Everything in one run: the network, the operator's project, the hub and the devices; and what the
 * proofs need from them.
 *
 *   network of the cloud ── hub's node 10.0.0.5, 203.0.113.2 ── internet ─┬─ NAT ── store-1 192.168.1.10
 *                             └─ pods 10.60.0.0/24        Git 203.0.113.1 ├─ NAT ── store-2 192.168.1.10
 *                                                                         └─ …
 *
 * All sites have the same addresses, as shops do.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { argoNamespace } from "./argo-cd.ts";
import { deployTo, startCloud, type Cloud } from "./cloud.ts";
import { peer } from "./control-plane.ts";
import { edgeDevice, type EdgeDevice } from "./device.ts";
import { edgeImages } from "./edge-images.ts";
import { gitServer } from "./git-server.ts";
import { startHub, type Hub, type HubOptions, type NewCluster } from "./hub.ts";
import { allowInotify } from "./inotify.ts";
import type { ImageContent } from "./nodes/images.ts";
import { pods } from "./nodes/pods.ts";
import { namespaces, type Namespaces } from "./namespaces.ts";
import { run, until, type Processes } from "./processes.ts";
import { cloudProject, project, type FleetSettings, type Project } from "./project.ts";

export interface World {
  readonly processes: Processes;
  readonly network: Namespaces;
  readonly project: Project;
  readonly hubNamespace: string;
  /** The machine in the middle of the internet, from which anyone can dial the gateway. */
  readonly internet: string;
  hub(): Hub;
  /** Replaces the hub with a new one that is made only from Git and the root key. */
  rebuildHub(): Promise<void>;
  /** The same, by `flotilla deploy`. */
  deployHub(): Promise<void>;
  /** The cloud of a hub that was deployed. */
  cloud(): Cloud | undefined;
  /** The machine of that name at its own site. It is made at the first call. */
  device(name: string): EdgeDevice;
  /** What is in the images of the device that is a node. */
  deviceImages(): readonly ImageContent[];
  /** Writes the fleet file, publishes, and notifies Argo CD as a Git host does. */
  publish(settings: FleetSettings): Promise<void>;
  /** What was published last. */
  published(): FleetSettings;
}

const hubAddress = "10.0.0.5";
const gatewayAddress = "203.0.113.2";
const gitAddress = "203.0.113.1";
const podsRange = "10.60.0.0/18";
/** Those of the node. */
const nodePodsRange = "10.60.0.0/24";
const servicesRange = "10.96.0.0/16";
const lan = { address: "192.168.1.10", router: "192.168.1.1" };

/** The others' pods are kwok's. */
export const deviceWithNode = "store-1";

/** The device that is a node, which has booted: with its API server, and the programs in its pods. */
export function nodeDevice(all: World) {
  const device = all.device(deviceWithNode);
  const node = device.node();
  if (node === undefined) throw new Error(`${deviceWithNode} is not a node`);
  const plane = device.controlPlane();
  return { device, node, plane, onDevice: pods(plane, node) };
}

export async function world(processes: Processes): Promise<World> {
  const { folder } = processes;
  const raised = allowInotify();
  if (raised !== undefined) console.log(raised);
  const network = namespaces();
  const hubNamespace = network.add({ label: "hub" });
  const cloud = network.add({ label: "cloud" });
  const internet = network.add({ label: "net", router: true });
  cable(network, [hubNamespace, "lan", hubAddress, 17], [cloud, "lan", "10.0.0.1", 17]);
  cable(network, [hubNamespace, "net", gatewayAddress, 30], [internet, "hub", gitAddress, 30]);
  network.route(hubNamespace, "default", "via", gitAddress);

  const repositories = join(folder, "repositories");
  mkdirSync(repositories, { recursive: true });
  const server = gitServer(processes, {
    namespace: internet,
    folder: repositories,
    address: gitAddress,
  });
  const repositoryUrl = await server.repository("state");
  await server.service.start();
  const own = project({
    folder: join(folder, "project"),
    repositoryUrl,
    pushPath: join(repositories, "state.git"),
    endpoint: `${gatewayAddress}:51820`,
    podsRange,
    servicesRange,
    kubectl: peer("kubectl-1.35.2"),
  });

  let published: FleetSettings | undefined;
  let hub: Hub | undefined;
  let hubs = 0;
  const rebuildHub = async (deploy?: HubOptions["deploy"]) => {
    hubs += 1;
    hub = await startHub(processes, {
      ...(deploy && { deploy }),
      project: own,
      folder: join(folder, `hub-${hubs}`),
      namespace: hubNamespace,
      address: hubAddress,
      gatewayAddress,
      podsRange: nodePodsRange,
      servicesRange,
    });
  };
  let deployed: Cloud | undefined;
  const deploy = async ({ plane, authorities, argoCd }: NewCluster) => {
    deployed = await startCloud(processes, {
      project: cloudProject,
      namespace: hubNamespace,
      folder: join(folder, "cloud"),
      endpoint: `${hubAddress}:443`,
      authority: join(authorities, "server-ca.crt"),
      administrator: plane.administrator,
    });
    await deployTo(deployed, own, hubNamespace, argoCd);
  };
  const devices = new Map<string, EdgeDevice>();
  const edge = edgeImages(join(folder, "images"), own);
  const device = (name: string) => {
    const images = name === deviceWithNode ? edge.archive : undefined;
    const place = { network, internet, index: devices.size };
    const made = devices.get(name) ?? addDevice(processes, place, name, images);
    devices.set(name, made);
    return made;
  };
  return {
    processes,
    network,
    project: own,
    hubNamespace,
    internet,
    hub: () => {
      if (hub === undefined) throw new Error("there is no hub yet");
      return hub;
    },
    rebuildHub: () => rebuildHub(),
    deployHub: () => rebuildHub(deploy),
    cloud: () => deployed,
    device,
    deviceImages: edge.contents,
    published: () => {
      if (published === undefined) throw new Error("nothing was published yet");
      return published;
    },
    publish: async (settings) => {
      own.write(settings);
      await own.flotilla(["synth"]);
      const node = devices.get(deviceWithNode)?.node();
      if (node !== undefined) {
        const added = await edge.addedArchive();
        if (added !== undefined) await node.addImages(added);
        await node.nameImages(edge.newNames());
      }
      await own.flotilla(["publish", "--yes"]);
      published = settings;
      if (hub === undefined) return;
      await hub.updateSettings();
      await pushHook(hub, hubNamespace, repositoryUrl);
    },
  };
}

type End = readonly [namespace: string, name: string, address: string, prefixLength: number];

function cable(network: Namespaces, ...ends: readonly [End, End]): void {
  const [one, other] = ends.map(([namespace, interfaceName, address, prefixLength]) => ({
    namespace,
    interfaceName,
    address: `${address}/${prefixLength}`,
  }));
  if (one !== undefined && other !== undefined) network.cable(one, other);
}

interface Place {
  readonly network: Namespaces;
  readonly internet: string;
  /** The index of the site. */
  readonly index: number;
}

function addDevice(
  processes: Processes,
  { network, internet, index }: Place,
  name: string,
  images: (() => Promise<string>) | undefined,
): EdgeDevice {
  const namespace = network.add({ label: name });
  const router = network.add({ label: `${name}-nat`, router: true });
  const [near, far] = [4 * index + 2, 4 * index + 1].map((host) => `198.51.100.${host}`);
  cable(network, [namespace, "lan", lan.address, 24], [router, "lan", lan.router, 24]);
  cable(network, [router, "wan", near ?? "", 30], [internet, `site${index}`, far ?? "", 30]);
  network.route(namespace, "default", "via", lan.router);
  network.route(router, "default", "via", far ?? "");
  network.masquerade(router, "wan");
  const folder = join(processes.folder, name);
  const common = { name, namespace, folder, lanAddress: lan.address };
  return edgeDevice(processes, { ...common, ...(images && { images }) });
}

/** The webhook that GitHub sends Argo CD after a push. Without it Argo CD notices at its next poll. */
async function pushHook(hub: Hub, namespace: string, repositoryUrl: string): Promise<void> {
  const push = {
    ref: "refs/heads/main",
    before: "0".repeat(40),
    after: "1".repeat(40),
    commits: [],
    repository: { html_url: repositoryUrl.replace(/\.git$/, ""), default_branch: "main" },
  };
  const server = await hub.plane.serviceAddress(argoNamespace, "argocd-server");
  await run(
    [
      ["curl", "--silent", "--show-error", "--fail", "--max-time", "20"],
      ["--header", "Content-Type: application/json", "--header", "X-GitHub-Event: push"],
      ["--data", JSON.stringify(push), `http://${server}/api/webhook`],
    ].flat(),
    { namespace },
  );
}

export interface Application {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly sync?: { readonly status: string; readonly revision?: string };
    readonly health?: { readonly status: string };
    readonly reconciledAt?: string;
  };
}

export async function applications(hub: Hub, device?: string): Promise<readonly Application[]> {
  const selector = device === undefined ? "flotilla.dev/device" : `flotilla.dev/device=${device}`;
  const { items } = await hub.plane.get<{ items: readonly Application[] }>(
    "applications.argoproj.io",
    "--namespace",
    argoNamespace,
    "--selector",
    selector,
  );
  return items;
}

/** At the least. */
const workloadsOfDevice = 2;

/** Waits until every workload of the devices is Synced, and Healthy. */
export async function settled(
  hub: Hub,
  devices: readonly string[],
  seconds: number,
): Promise<void> {
  const names = new Set(devices);
  await until(
    `${devices.join(", ")}: all workloads Synced and Healthy`,
    async () => {
      const all = await applications(hub);
      const own = all.filter(({ metadata }) =>
        names.has(metadata.labels?.["flotilla.dev/device"] ?? ""),
      );
      const good = own.filter(
        ({ status }) => status?.sync?.status === "Synced" && status.health?.status === "Healthy",
      );
      const least = devices.length * workloadsOfDevice;
      if (good.length < Math.max(own.length, least)) throw new Error(described(own));
      return true;
    },
    seconds,
  );
}

function described(all: readonly Application[]): string {
  const lines = all.map(({ metadata, status }) =>
    [metadata.name, status?.sync?.status, status?.health?.status].join(" "),
  );
  return lines.length === 0 ? "no Application" : lines.join("; ");
}
