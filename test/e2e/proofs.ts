/**
 * The proofs, in the order in which they run. Each proof leaves the fleet in sync for the next one. A proof
 * throws if it fails, and returns the rows of the table.
 *
 * Waits may take minutes on a busy machine: their limits only end a run that hangs, and the table compares
 * the times with the goals.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attacks } from "./attacks.ts";
import { destruction, googleRow } from "./destruction.ts";
import { answerBreakIn } from "./hub-keys.ts";
import { hubOptions, hubPrograms } from "./hub.ts";
import { throughProxy, tunnelAddress } from "./hub-access.ts";
import { k3sUpgrade } from "./k3s-upgrade.ts";
import { operation } from "./operation.ts";
import type { PodProgram, Pods } from "./nodes/pods.ts";
import { podsHold } from "./pod-proofs.ts";
import { until } from "./processes.ts";
import type { DeviceSettings, FleetSettings } from "./project.ts";
import { imageRows, serial, timed, type Proof, type Row } from "./rows.ts";
import { applications, settled, type World } from "./world.ts";

const firstDevices: readonly DeviceSettings[] = [
  { name: "store-1", ring: "canary" },
  { name: "store-2", ring: "stable" },
  { name: "store-3", ring: "stable" },
];
const namesOf = ({ devices }: Pick<FleetSettings, "devices">) => devices.map(({ name }) => name);
const names = namesOf({ devices: firstDevices });
const oldVersion = "6.9.1";
const newVersion = "6.9.2";
const laterVersion = "6.9.3";
const first: FleetSettings = {
  devices: firstDevices,
  versions: { canary: oldVersion, stable: oldVersion },
};
const promoted: FleetSettings = { ...first, versions: { canary: newVersion, stable: newVersion } };
const later: FleetSettings = { ...first, versions: { canary: newVersion, stable: laterVersion } };
const replaced: FleetSettings = {
  ...later,
  devices: firstDevices.map((one) => (one.name === "store-3" ? { ...one, generation: 2 } : one)),
};
const decommissioned: FleetSettings = {
  ...replaced,
  devices: replaced.devices.filter(({ name }) => name !== "store-2"),
};

export const proofs: readonly Proof[] = [
  { name: "a fresh hub, from nothing", isFirst: true, run: freshHub },
  { name: "devices boot and enrol themselves", isFirst: true, run: enrolment },
  { name: "pods of the hub and of a device", run: podsHold },
  { name: "drift is reverted", run: drift },
  { name: "a change goes from ring to ring", run: rings },
  { name: "an operator's commands", run: (world) => operation(world, promoted) },
  { name: "K3s is upgraded", run: k3sUpgrade },
  { name: "a device is away for a while", run: absence },
  { name: "parts of the hub are killed", run: kills },
  { name: "the hub's client certificate is renewed", run: renewal },
  { name: "attacks are refused", run: attacks },
  { name: "a device is replaced", run: replacement },
  { name: "a device is decommissioned", run: decommission },
  { name: "the hub is deleted and rebuilt", run: rebuild },
  { name: "a break-in at the hub is answered", run: breakIn },
  { name: "the hub is destroyed", run: destruction },
];

async function freshHub(world: World): Promise<readonly Row[]> {
  world.project.write(first);
  await world.project.flotilla(["keygen"]);
  await world.publish(first);
  const seconds = await timed(() => world.rebuildHub());
  return [
    { what: "node, control plane, cert-manager, Argo CD, bootstrap, gateway: all pods", seconds },
    {
      what: "Argo CD's chart",
      note: "the manifests of its release, with the chart's values merged over them",
      isStandIn: true,
    },
    ...imageRows(world.hub().images),
  ];
}

async function enrolment(world: World): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const name of names) {
    const device = world.device(name);
    const began = performance.now();
    const readyAt = await device.install(world.project.ignition(name));
    await settled(world.hub(), [name], 300);
    rows.push({
      what: `${name}: API server ready → registered, workloads Synced and Healthy`,
      seconds: (performance.now() - readyAt) / 1_000,
      secondsMax: 15,
      note: `${((readyAt - began) / 1_000).toFixed(1)} s from its boot to its API server`,
    });
  }
  await serial(names, (name) => image(world, name, oldVersion, 10));
  rows.push(...imageRows(world.deviceImages()));
  rows.push({ what: "Ignition of one device", note: `${ignitionBytes(world, "store-1")} bytes` });
  return rows;
}

function ignitionBytes(world: World, name: string): number {
  return statSync(join(world.project.folder, "dist/edge", name, "device.ign")).size;
}

async function drift(world: World): Promise<readonly Row[]> {
  const changed = await timed(() => revertsChange(world, "store-1"));
  const device = world.device("store-2").controlPlane();
  const deleted = await timed(async () => {
    const before = await uid(world, "store-2");
    await device.kubectl(["delete", "deployment", ...pointOfSale, "--wait=false"]);
    const isBack = async () => (await uid(world, "store-2")) !== before;
    await until("the deleted Deployment is back", isBack, 300);
  });
  await settled(world.hub(), names, 300);
  return [
    { what: "a changed Deployment is as in Git again", seconds: changed, secondsMax: 5 },
    { what: "a deleted Deployment is there again", seconds: deleted, secondsMax: 15 },
  ];
}

const pointOfSale = ["point-of-sale", "--namespace", "point-of-sale"];

async function uid(world: World, device: string): Promise<string> {
  const { metadata } = await world
    .device(device)
    .controlPlane()
    .get<{ metadata: { uid: string } }>("deployment", ...pointOfSale);
  return metadata.uid;
}

/** Changes what a device runs behind Git's back, and waits until it is as in Git. */
async function revertsChange(world: World, device: string): Promise<void> {
  const plane = world.device(device).controlPlane();
  const patch = JSON.stringify({ spec: { replicas: 3 } });
  await plane.kubectl(["patch", "deployment", ...pointOfSale, `--patch=${patch}`]);
  const isBack = async () => {
    const { spec } = await plane.get<{ spec: { replicas: number } }>("deployment", ...pointOfSale);
    return spec.replicas === 1;
  };
  await until(`the change at ${device} is reverted`, isBack, 300);
}

let releases = 0;

/**
 * Publishes a new version, and waits until the devices run it. Drift would not show that all devices take
 * part: Argo CD waits longer each time before it heals the same application (2 s, 6 s, 18 s and so on, up
 * to five minutes).
 */
async function release(world: World, settings: FleetSettings): Promise<void> {
  releases += 1;
  const version = `7.0.${releases}`;
  await world.publish({ ...settings, versions: { canary: version, stable: version } });
  await serial(namesOf(settings), (name) => image(world, name, version, 300));
}

/** Waits until a device runs a version of the point of sale. */
async function image(
  world: World,
  device: string,
  version: string,
  seconds: number,
): Promise<void> {
  await until(
    `${device} runs point-of-sale ${version}`,
    async () => (await runningVersion(world, device)) === version,
    seconds,
  );
}

async function runningVersion(world: World, device: string): Promise<string> {
  interface Deployment {
    readonly spec: {
      readonly template: { readonly spec: { readonly containers: readonly { image: string }[] } };
    };
  }
  const { spec } = await world
    .device(device)
    .controlPlane()
    .get<Deployment>("deployment", ...pointOfSale);
  return spec.template.spec.containers[0]?.image.split(":").at(-1) ?? "";
}

async function rings(world: World): Promise<readonly Row[]> {
  const canary = await timed(async () => {
    await world.publish({ ...first, versions: { canary: newVersion, stable: oldVersion } });
    await image(world, "store-1", newVersion, 300);
  });
  await settled(world.hub(), names, 300);
  for (const name of ["store-2", "store-3"]) {
    const version = await runningVersion(world, name);
    if (version !== oldVersion) throw new Error(`${name} runs ${version} before its ring`);
  }
  const stable = await timed(async () => {
    await world.publish(promoted);
    await serial(["store-2", "store-3"], (name) => image(world, name, newVersion, 300));
  });
  await settled(world.hub(), names, 300);
  return [
    { what: "edit of fleet.yaml → the canary device runs it, the others don't", seconds: canary },
    { what: "promotion → all devices of the next ring run it", seconds: stable },
  ];
}

interface Status {
  readonly summary: { readonly devices: number; readonly present: number };
  readonly devices: readonly {
    readonly device: string;
    readonly presence: string;
    readonly registered: string;
    readonly kubernetes: string | null;
    readonly waiting: readonly unknown[];
  }[];
  readonly problems: readonly string[];
}

export async function status(world: World): Promise<Status> {
  const text = await world.project.flotilla(
    ["status", ...hubOptions(world.hub().plane), "--json"],
    world.hubNamespace,
  );
  return JSON.parse(text) as Status;
}

async function presence(world: World, name: string, wanted: string, seconds: number) {
  const isSo = async () => {
    const { devices } = await status(world);
    const found = devices.find(({ device }) => device === name);
    if (found?.presence !== wanted) throw new Error(JSON.stringify(found));
    return true;
  };
  await until(`flotilla status says that ${name} is ${wanted}`, isSo, seconds);
}

async function absence(world: World): Promise<readonly Row[]> {
  const before = await status(world);
  if (before.summary.present !== names.length || before.problems.length > 0) {
    throw new Error(`flotilla status: ${JSON.stringify(before)}`);
  }
  const device = world.device("store-2");
  await device.cutPower();
  const known = await timed(() => presence(world, "store-2", "away", 300));
  const colours = (await applications(world.hub(), "store-2")).map(
    ({ status: own }) => `${own?.sync?.status}/${own?.health?.status}`,
  );
  // The gateway looks once a second, at the same 180 s.
  await sleep(3_000);
  const refused = await secondsToRefusal(world, "store-2");
  await world.publish(later);
  await image(world, "store-3", laterVersion, 300);
  const waiting = (await status(world)).devices.find(({ device: name }) => name === "store-2");
  if (waiting?.waiting.length !== 1) {
    throw new Error(`nothing waits for store-2: ${JSON.stringify(waiting)}`);
  }
  const readyAt = await device.boot();
  await image(world, "store-2", laterVersion, 300);
  await settled(world.hub(), names, 300);
  const caughtUp = (performance.now() - readyAt) / 1_000;
  await presence(world, "store-2", "present", 300);
  return [
    {
      what: "power cut → flotilla status says away",
      seconds: known,
      secondsMax: 180,
      note: `Argo CD says ${[...new Set(colours)].join(", ")}`,
    },
    { what: "the gateway refuses an absent device", seconds: refused, secondsMax: 1 },
    { what: "on again, API server ready → caught up with Git", seconds: caughtUp },
  ];
}

/** Asks the proxy as Argo CD does: the answer must be a refusal, and must come soon. */
async function secondsToRefusal(world: World, name: string): Promise<number> {
  const answer = await throughProxy(world, await tunnelAddress(world, name));
  const [, seconds] = /HTTP 503 after ([\d.]+) s/.exec(answer) ?? [];
  if (seconds === undefined) throw new Error(`the proxy answered ${answer}`);
  return Number(seconds);
}

async function kills(world: World): Promise<readonly Row[]> {
  const { plane, pods } = world.hub();
  const { controller, repoServer, redis, proxy, tunnel, certManager, reconnect } = hubPrograms;
  const killApiServer = async () => {
    await plane.apiserver.kill();
    await plane.apiserver.start();
  };
  // Those that are killed together do not call each other: each has to come back by itself.
  const victims = [
    ["the hub's API server", killApiServer],
    ["Argo CD's controller", () => pods.kill(controller)],
    [
      "Argo CD's repo-server, Squid, cert-manager",
      () => together(pods, [repoServer, proxy, certManager]),
    ],
    [
      "redis, the gateway's WireGuard, what looks out for devices",
      () => together(pods, [redis, tunnel, reconnect]),
    ],
  ] as const;
  const rows: Row[] = [];
  for (const [what, kill] of victims) {
    const seconds = await timed(async () => {
      await kill();
      await release(world, first);
      await settled(world.hub(), names, 300);
    });
    rows.push({ what: `${what}: kill -9, started again → a new version at all devices`, seconds });
  }
  return rows;
}

async function together({ kill }: Pods, programs: readonly PodProgram[]): Promise<void> {
  await Promise.all(programs.map((one) => kill(one)));
}

async function renewal(world: World): Promise<readonly Row[]> {
  const { plane } = world.hub();
  const certificate = async () => {
    const secret = await plane.get<{ data: Record<string, string> }>(
      "secret",
      "fleet-client",
      "-n",
      "argocd",
    );
    return secret.data["tls.crt"];
  };
  const before = await certificate();
  const now = new Date().toISOString();
  const condition = { type: "Issuing", status: "True", reason: "E2E", message: "renewed by hand" };
  const issuing = { ...condition, lastTransitionTime: now, observedGeneration: 1 };
  const certificateNow = await plane.get<{ status: { conditions: object[] } }>(
    "certificate",
    "fleet-client",
    "-n",
    "argocd",
  );
  const conditions = [...certificateNow.status.conditions, issuing];
  const patch = JSON.stringify({ status: { conditions } });
  const resource = ["certificate", "fleet-client", "--namespace", "argocd"];
  const how = ["--subresource=status", "--type=merge", `--patch=${patch}`];
  await plane.kubectl(["patch", ...resource, ...how]);
  await until("another certificate", async () => (await certificate()) !== before, 300);
  const carried = await timed(async () => {
    const wanted = Buffer.from((await certificate()) ?? "", "base64").toString();
    const pod = ["argocd-application-controller-0", "--namespace", "argocd"];
    const isThere = async () =>
      (await plane.kubectl(["exec", ...pod, "--", "cat", "/flotilla/tls/tls.crt"])) === wanted;
    await until("the certificate is in Argo CD's pod", isThere, 300);
  });
  // Every connection asks for the certificate again in this time: see FLOTILLA_CREDENTIAL_SECONDS.
  const seconds = await timed(async () => {
    const end = performance.now() + 45_000;
    while (performance.now() < end) {
      const bad = (await applications(world.hub())).filter(
        ({ status: own }) => own?.sync?.status !== "Synced",
      );
      if (bad.length > 0) throw new Error(`left Synced: ${JSON.stringify(bad[0]?.status)}`);
      await sleep(500);
    }
  });
  await release(world, first);
  return [
    { what: "the renewed certificate is in Argo CD's pod", seconds: carried },
    { what: "watched after the renewal, nothing left Synced", seconds },
  ];
}

async function replacement(world: World): Promise<readonly Row[]> {
  const device = world.device("store-3");
  await world.publish(replaced);
  const cutOff = await timed(() => presence(world, "store-3", "never", 300));
  await device.cutPower();
  const readyAt = await device.install(world.project.ignition("store-3"));
  // Argo CD still reports Synced for the old one: only the device itself shows the truth.
  await image(world, "store-3", laterVersion, 300);
  await settled(world.hub(), names, 300);
  const seconds = (performance.now() - readyAt) / 1_000;
  return [
    { what: "generation 2 published → the old device is shut out", seconds: cutOff },
    { what: "the new image's API server ready → in sync", seconds },
  ];
}

async function decommission(world: World): Promise<readonly Row[]> {
  const { plane } = world.hub();
  await world.device("store-2").cutPower();
  const seconds = await timed(async () => {
    await world.publish(decommissioned);
    const isGone = async () => {
      const left = await applications(world.hub(), "store-2");
      const secrets = await plane.kubectl(["get", "secrets", "-n", "argocd", "-o", "name"]);
      const peers = await plane.kubectl([
        "get",
        "configmap",
        "gateway-peers",
        "-n",
        "flotilla-gateway",
        "-o",
        "yaml",
      ]);
      const found = [left.length > 0, secrets.includes("store-2"), peers.includes("store-2")];
      if (found.includes(true)) throw new Error(`still there: ${JSON.stringify(found)}`);
      return true;
    };
    await until("nothing of store-2 is left on the hub", isGone, 300);
  });
  await release(world, decommissioned);
  return [{ what: "an unreachable device's lines deleted → nothing of it left", seconds }];
}

async function rebuild(world: World): Promise<readonly Row[]> {
  const settings = world.published();
  await world.hub().delete();
  const seconds = await timed(async () => {
    await world.deployHub();
    await settled(world.hub(), namesOf(settings), 300);
  });
  await release(world, settings);
  return [
    {
      what: "hub rebuilt from Git and root key by flotilla deploy → all devices in sync",
      seconds,
      note: "the real terraform",
    },
    googleRow,
  ];
}

async function breakIn(world: World): Promise<readonly Row[]> {
  const settings = { ...world.published(), hubGeneration: 2 };
  const seconds = await answerBreakIn(world, settings);
  await release(world, settings);
  return [
    {
      what: "hub.generation 2: new gateway → old keys refused at every device, all in sync",
      seconds,
      note: "no device was visited",
    },
  ];
}
