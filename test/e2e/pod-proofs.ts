/**
 * The pods of the hub and of the device that is a node: each is confined as its manifest says, comes
 * back after `kill -9` and eviction, and reaches only what its NetworkPolicies allow.
 */
import { randomBytes } from "node:crypto";
import { hubPrograms } from "./hub.ts";
import type { ControlPlane } from "./control-plane.ts";
import { deviceCost } from "./device-cost.ts";
import { checkConfinement } from "./nodes/confinement.ts";
import { nameServerImage } from "./nodes/node.ts";
import type { PodProgram, Pods } from "./nodes/pods.ts";
import { askElasticsearch, elasticsearch, playWorkloadSecret } from "./platform.ts";
import { until } from "./processes.ts";
import { tunnelAddress } from "./hub-access.ts";
import { logKeeperHolds } from "./log-keeper.ts";
import { timed, type Row } from "./rows.ts";
import { deviceWithNode, nodeDevice, settled, type World } from "./world.ts";

const hubNamespaces = ["argocd", "flotilla-gateway", "cert-manager"];
const deviceNamespaces = ["point-of-sale", "telemetry"];

const devicePrograms = {
  pointOfSale: {
    namespace: "point-of-sale",
    selector: "app.kubernetes.io/name=point-of-sale",
    container: "podinfo",
  },
  exporter: {
    namespace: "telemetry",
    selector: "app.kubernetes.io/name=telemetry",
    container: "node-exporter",
  },
  agent: {
    namespace: "telemetry",
    selector: "app.kubernetes.io/name=telemetry-agent",
    container: "fluent-bit",
  },
} as const satisfies Readonly<Record<string, PodProgram>>;

/** The programs of images whose program is a stand-in. */
const playedPrograms: readonly PodProgram[] = [devicePrograms.pointOfSale, devicePrograms.agent];

export async function podsHold(world: World): Promise<readonly Row[]> {
  const hub = world.hub();
  const { node, plane, onDevice } = nodeDevice(world);
  return [
    {
      what: "the hub's containers: user, root, capabilities, seccomp, memory as in the manifests",
      note: `${await checkConfinement(hub.plane, hub.node, hubNamespaces)} containers`,
    },
    {
      what: `${deviceWithNode}'s containers: the same`,
      note: `${await checkConfinement(plane, node, deviceNamespaces)} containers`,
    },
    ...(await connections(world)),
    await deviceConnections(plane, onDevice),
    ...(await telemetryArrives(world)),
    ...(await secretsArrive(world)),
    // The probes need two minutes to notice that a program hangs.
    ...(await besides(
      hangs(hub.pods),
      oneByOne(
        () => evictions(hub.pods, Object.entries(hubPrograms)),
        () => killed(hub.pods, killedFirst),
        () => logKeeperHolds(world),
      ),
      oneByOne(
        () => deviceCost(plane, node.name, ["telemetry"], [devicePrograms.agent.container]),
        () => evictions(onDevice, Object.entries(devicePrograms)),
        () => killed(onDevice, Object.entries(devicePrograms)),
      ),
    )),
    ...(await gatewayStays(hub.pods)),
    ...(await killed(hub.pods, killedLast)),
    await powerCut(world, onDevice),
  ];
}

interface Line {
  readonly log: string;
  readonly device?: string;
  readonly kubernetes?: { readonly pod_name?: string };
}

/** A line of a pod on the device goes through the agent, the tunnel and the collector. */
async function telemetryArrives(world: World): Promise<Row[]> {
  const seen = async () => {
    const lines = (await askElasticsearch(world.hub(), "/lines")) as readonly Line[];
    const found = lines.find(
      ({ device, kubernetes }) => device === deviceWithNode && kubernetes?.pod_name !== undefined,
    );
    if (found === undefined) throw new Error(`got ${JSON.stringify(lines.slice(-3))}`);
    return found;
  };
  const seconds = await timed(() => until("a line of the device's logs", seen, 300));
  return [
    {
      what: "logs of a device's pods: agent → tunnel → collector → Elasticsearch",
      seconds,
      isStandIn: true,
    },
  ];
}

async function secretsArrive(world: World): Promise<Row[]> {
  const password = randomBytes(12).toString("hex");
  await playWorkloadSecret(world.hub().plane, { password });
  const plane = world.device(deviceWithNode).controlPlane();
  const isThere = async () => {
    const secret = ["secret", "till", "--namespace", "point-of-sale"];
    const { data } = await plane.get<{ data: { password: string } }>(...secret);
    return Buffer.from(data.password, "base64").toString() === password;
  };
  const seconds = await timed(() => until("the courier delivers", isThere, 300));
  return [{ what: "a workload's Secret on the hub → on the device, by the courier", seconds }];
}

type Named = readonly (readonly [string, PodProgram])[];

/** The others are killed in a proof of their own, which shows that devices are still served. */
const killedFirst = named("applicationSets", "server", "courier");
/** These hang before. */
const killedLast = named("metrics", "collector");

function named(...names: readonly (keyof typeof hubPrograms)[]): Named {
  return names.map((name) => [name, hubPrograms[name]]);
}

/** The gateway's pod has a budget against eviction. */
const isGateway = ({ namespace }: PodProgram) => namespace === hubPrograms.proxy.namespace;

async function evictions(all: Pods, programs: Named): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, program] of programs.filter(([, one]) => !isGateway(one))) {
    const seconds = await timed(() => all.evict(program));
    const isStandIn = playedPrograms.includes(program);
    rows.push({ what: `${name}: evicted → another pod is ready`, seconds, isStandIn });
  }
  return rows;
}

/** Rows of proofs that run at the same time. */
async function besides(...all: readonly Promise<readonly Row[]>[]): Promise<Row[]> {
  return (await Promise.all(all)).flat();
}

async function oneByOne(...all: readonly (() => Promise<readonly Row[]>)[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of all) rows.push(...(await one()));
  return rows;
}

/**
 * Those of Flotilla whose liveness probe asks the program itself, every 20 seconds; three or six bad answers are
 * waited for. Squid's only opens a connection, which the kernel answers for a Squid that hangs.
 */
const probed = ["tunnel", "metrics", "collector"] as const;

async function hangs(all: Pods): Promise<Row[]> {
  const one = async (name: (typeof probed)[number]): Promise<Row> => {
    const seconds = await timed(() => all.hang(hubPrograms[name]));
    return { what: `${name}: kill -STOP → its liveness probe has it started again`, seconds };
  };
  return Promise.all(probed.map(one));
}

async function gatewayStays(all: Pods): Promise<Row[]> {
  const answer = await all.evict(hubPrograms.proxy).then(
    () => "evicted",
    (error: Error) => error.message,
  );
  if (!answer.includes("disruption budget")) throw new Error(`the gateway's pod: ${answer}`);
  return [{ what: "gateway: eviction is refused by its disruption budget" }];
}

async function killed(all: Pods, programs: Named): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, program] of programs) {
    const seconds = await timed(() => all.kill(program));
    const isStandIn = playedPrograms.includes(program);
    rows.push({ what: `${name}: kill -9 → ready again`, seconds, isStandIn });
  }
  return rows;
}

async function powerCut(world: World, all: Pods): Promise<Row> {
  const device = world.device(deviceWithNode);
  await device.cutPower();
  const readyAt = await device.boot();
  for (const program of Object.values(devicePrograms)) await all.ready(program, 300);
  await settled(world.hub(), [deviceWithNode], 300);
  const seconds = (performance.now() - readyAt) / 1_000;
  return { what: "power cut, on again, API server ready → all pods ready, in sync", seconds };
}

interface Attempt {
  readonly from: keyof typeof hubPrograms;
  /** `http://…` or, for TCP alone, `telnet://…`; a wrong answer of an open port is an answer. */
  readonly url: string;
}

/** Each target is open to one pod and closed to others, so that a refusal is the policies' doing. */
async function connections(world: World): Promise<Row[]> {
  const { plane } = world.hub();
  const gateway = await plane.serviceAddress("flotilla-gateway", "gateway");
  const redis = await plane.serviceAddress("argocd", "argocd-redis");
  const api = await plane.serviceAddress("default", "kubernetes");
  const logs = await plane.serviceAddress(elasticsearch.namespace, "elasticsearch-es-http");
  const device = await tunnelAddress(world, "store-2");
  const proxy = `telnet://${gateway}:3128`;
  const metrics = `http://${gateway}:9586/metrics`;
  const open: readonly Attempt[] = [
    { from: "controller", url: proxy },
    { from: "server", url: proxy },
    { from: "courier", url: proxy },
    { from: "collector", url: `https://${logs}:9200` },
    { from: "reconnect", url: metrics },
    { from: "repoServer", url: `telnet://${redis}:6379` },
    { from: "certManager", url: `https://${api}` },
    { from: "reconnect", url: `https://${api}` },
  ];
  const closed: readonly Attempt[] = [
    { from: "reconnect", url: proxy },
    { from: "repoServer", url: proxy },
    { from: "redis", url: proxy },
    { from: "certManager", url: proxy },
    { from: "controller", url: metrics },
    { from: "courier", url: metrics },
    { from: "courier", url: `telnet://${redis}:6379` },
    { from: "courier", url: `https://${logs}:9200` },
    { from: "reconnect", url: `https://${logs}:9200` },
    { from: "certManager", url: metrics },
    { from: "reconnect", url: `telnet://${redis}:6379` },
    { from: "certManager", url: `telnet://${redis}:6379` },
    { from: "tunnel", url: `https://${api}` },
    { from: "tunnel", url: `telnet://${redis}:6379` },
    { from: "controller", url: `https://${device}:6443` },
  ];
  const { pods: all } = world.hub();
  for (const { from, url } of open) await mustAnswer(all, hubPrograms[from], url, true);
  for (const { from, url } of closed) await mustAnswer(all, hubPrograms[from], url, false);
  return [
    {
      what: "NetworkPolicies of the hub, enforced by kube-router",
      note: `${open.length} connections that must be open are, ${closed.length} that must not are not`,
    },
  ];
}

const nameServer: PodProgram = {
  namespace: "kube-system",
  selector: "k8s-app=kube-dns",
  container: "dns",
};
const stranger: PodProgram = {
  namespace: "default",
  selector: "app=stranger",
  container: "stranger",
};

/** The workload is open to the pods of its namespace and to K3s' own, such as Traefik. */
async function deviceConnections(plane: ControlPlane, all: Pods): Promise<Row> {
  const { namespace, container: name } = stranger;
  const containers = [{ name, image: nameServerImage, command: ["sleep", "3600"] }];
  const metadata = { name, namespace, labels: { app: name } };
  const spec = { containers, terminationGracePeriodSeconds: 1 };
  await plane.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata, spec }));
  const { pointOfSale } = devicePrograms;
  const address = await plane.serviceAddress(pointOfSale.namespace, "point-of-sale");
  await mustAnswer(all, nameServer, `http://${address}`, true);
  await mustAnswer(all, pointOfSale, `http://${address}`, true);
  await mustAnswer(all, stranger, `http://${address}`, false);
  await plane.kubectl(["delete", "pod", name, "--namespace", namespace]);
  return {
    what: `NetworkPolicy of a workload on ${deviceWithNode}, enforced by kube-router`,
    note: "open to its namespace and kube-system, closed to a pod in default",
  };
}

async function mustAnswer(
  all: Pods,
  from: PodProgram,
  url: string,
  isOpen: boolean,
): Promise<void> {
  // The time of the connection is the answer of an open port that says nothing.
  const curl = `curl --silent --insecure --output /dev/null --connect-timeout 2 --max-time 3 \
    --write-out '%{time_connect}' '${url}' </dev/null || true`;
  const time = await all.inNetwork(from, ["bash", "--norc", "-c", curl]);
  if (Number(time) > 0 !== isOpen) {
    const wanted = isOpen ? "a connection" : "none";
    throw new Error(`${from.selector} → ${url}: expected ${wanted}, got ${time}`);
  }
}
