/**
 * K3s is upgraded by Git: the real controller runs as a pod on the device that is a node, and its Job
 * replaces the binary on the device's disk.
 *
 * What stands in: the binary and the upgrade's image (nodes/played-k3s.ts), and the harness for systemd, which
 * starts K3s again. The other devices have no kubelet, so nobody brings them the kind of the Plans: their
 * Applications of the upgrade do not become Synced.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { startingPins } from "../../fleet/lock/pins.ts";
import { upgradeName } from "../../fleet/model/contract.ts";
import type { ControlPlane } from "./control-plane.ts";
import { deviceCost } from "./device-cost.ts";
import { checkConfinement } from "./nodes/confinement.ts";
import type { Node } from "./nodes/node.ts";
import { playedK3s, upgradeRelease } from "./nodes/played-k3s.ts";
import type { PodProgram } from "./nodes/pods.ts";
import { until, type Service } from "./processes.ts";
import type { FleetSettings } from "./project.ts";
import { imageRows, serial, timed, type Row } from "./rows.ts";
import { applications, deviceWithNode, nodeDevice, settled, type World } from "./world.ts";

const name = "system-upgrade-controller";
const controller: PodProgram = {
  namespace: upgradeName,
  selector: `app.kubernetes.io/name=${name}`,
  container: name,
};
const binary = "/usr/local/bin/k3s";
const oldRelease = startingPins.k3s.version;

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly serviceAccountName: string };
  readonly status: { readonly phase: string };
}

/** It leaves the fleet as it was. */
export async function k3sUpgrade(world: World): Promise<readonly Row[]> {
  const settings = world.published();
  const { device, node, plane, onDevice } = nodeDevice(world);
  pinRelease(world);
  const k3s = installOld(world, node);
  const started = await timed(async () => {
    await world.publish(upgrading(settings));
    await onDevice.ready(controller, 300);
  });
  const job = await timed(() => until("the Job of the upgrade runs", () => jobRuns(plane), 300));
  await mustBeOfAccount(plane, controller.selector, name);
  await mustBeOfAccount(plane, "upgrade.cattle.io/plan=k3s", "upgrade");
  const count = await checkConfinement(plane, node, [upgradeName]);
  // The Job waits for K3s to run, so it is not done before.
  const killed = await timed(() => onDevice.kill(controller));
  const upgraded = await timed(async () => {
    await k3s.start();
    await until("the upgrade ends K3s", () => !k3s.running(), 300);
    await k3s.start();
    await until("K3s is the new one", () => k3s.log().includes(`k3s ${upgradeRelease}`), 60);
    await until("the Plan is complete", () => isComplete(plane), 300);
  });
  if (device.file(binary) !== playedK3s(upgradeRelease)) throw new Error("the binary is another");
  await until("the upgrade's Application is Synced and Healthy", () => isHealthy(world), 300);
  const cost = await deviceCost(plane, node.name, [upgradeName], []);
  await k3s.stop();
  await undo(world, settings);
  const images = world.deviceImages();
  return [
    {
      what: "K3s' version edited, published → the upgrade's controller runs as a pod",
      seconds: started,
    },
    {
      what: "upgrade's controller: kind of the Plans made, Plan synced → its Job runs",
      seconds: job,
    },
    {
      what: "upgrade's controller and its Job: user, root, capabilities, memory, account as given",
      note: `${count} containers`,
    },
    { what: "upgrade's controller: kill -9 while its Job runs → ready again", seconds: killed },
    {
      what: "K3s runs → its binary is verified and replaced, K3s ended, the Plan complete",
      seconds: upgraded,
      note: `${oldRelease} → ${upgradeRelease}`,
      isStandIn: true,
    },
    ...cost,
    ...imageRows(images.filter(({ repository }) => repository.startsWith("docker.io/rancher/"))),
  ];
}

/** As `flotilla pin` does, which asks GitHub for the hashes. */
function pinRelease(world: World): void {
  const path = join(world.project.folder, "fleet.lock.yaml");
  const lock = load(readFileSync(path, "utf8")) as { pins: { k3s: object } };
  const sha256 = createHash("sha256").update(playedK3s(upgradeRelease)).digest("hex");
  const upgrades = { [upgradeRelease]: { binary: { x86_64: sha256, aarch64: sha256 } } };
  const pins = { ...lock.pins, k3s: { ...lock.pins.k3s, upgrades } };
  writeFileSync(path, dump({ ...lock, pins }, { lineWidth: -1 }));
}

/** What Ignition downloads, and its unit. */
function installOld(world: World, node: Node): Service {
  const path = join(world.processes.folder, deviceWithNode, "disk", binary);
  writeFileSync(path, playedK3s(oldRelease), { mode: 0o755 });
  return node.service("k3s", [binary, "server"]);
}

function upgrading(settings: FleetSettings): FleetSettings {
  const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const maintenance = { days, start: "00:00", lengthMinutes: 1440 };
  return {
    ...settings,
    more: {
      ...settings.more,
      k3s: { versions: { canary: upgradeRelease, stable: oldRelease } },
      sites: { shop: { maintenance } },
    },
  };
}

async function podsOf(plane: ControlPlane, selector: string): Promise<readonly Pod[]> {
  const of = ["--namespace", upgradeName, "--selector", selector];
  return (await plane.get<{ items: readonly Pod[] }>("pods", ...of)).items;
}

async function jobRuns(plane: ControlPlane): Promise<boolean> {
  const found = await podsOf(plane, "upgrade.cattle.io/plan=k3s");
  if (found.some(({ status }) => status.phase === "Running")) return true;
  throw new Error(JSON.stringify(found.map(({ status }) => status)));
}

async function mustBeOfAccount(plane: ControlPlane, selector: string, account: string) {
  const [pod] = await podsOf(plane, selector);
  const found = pod?.spec.serviceAccountName;
  if (found !== account) throw new Error(`${selector}: the account is ${found}`);
}

async function isComplete(plane: ControlPlane): Promise<boolean> {
  interface Plan {
    readonly status?: { readonly conditions?: readonly { type: string; status: string }[] };
  }
  const { status } = await plane.get<Plan>("plans.upgrade.cattle.io", "k3s", "-n", upgradeName);
  const { metadata } = await plane.get<{ metadata: { labels: Record<string, string> } }>(
    "node",
    deviceWithNode,
  );
  const found = status?.conditions?.find(({ type }) => type === "Complete");
  if (found?.status === "True" && metadata.labels["plan.upgrade.cattle.io/k3s"]) return true;
  throw new Error(JSON.stringify([status, metadata.labels]));
}

const upgradesOf = async (world: World, device?: string) =>
  (await applications(world.hub(), device)).filter(({ metadata }) =>
    metadata.name.includes(upgradeName),
  );

async function isHealthy(world: World): Promise<boolean> {
  const [own] = await upgradesOf(world, deviceWithNode);
  if (own?.status?.sync?.status === "Synced" && own.status.health?.status === "Healthy")
    return true;
  throw new Error(JSON.stringify(own?.status));
}

/** What an Application deployed stays on a device when the Application goes. */
async function undo(world: World, settings: FleetSettings): Promise<void> {
  const names = settings.devices.map((one) => one.name);
  await world.publish(settings);
  const isForgotten = async () => (await upgradesOf(world)).length === 0;
  await until("no Application of an upgrade is left", isForgotten, 300);
  await serial(names, async (one) => {
    const words = ["delete", "namespace", upgradeName, "--wait=false", "--ignore-not-found"];
    await world.device(one).controlPlane().kubectl(words);
  });
  await settled(world.hub(), names, 300);
}
