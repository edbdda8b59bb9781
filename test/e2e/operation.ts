/**
 * What an operator does with the running system: plan, publish, status, promote and rollback of a version
 * that works and of one that does not, the device's own kubectl, and bootstrap again. Each command is the
 * real one, in the operator's project.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { peer } from "./control-plane.ts";
import { hubOptions } from "./hub.ts";
import { run, until } from "./processes.ts";
import type { FleetSettings } from "./project.ts";
import { serial, timed, type Row } from "./rows.ts";
import { applications, settled, type World } from "./world.ts";

/** The device that is a real node: see world.ts. */
const canary = "store-1";
const [oldVersion, brokenVersion, newVersion] = ["2.0.0", "2.1.0", "2.1.1"];
const workload = "kiosk";
const pod = [workload, "--namespace", workload];

/** A version that is never ready. Kubernetes reports it as failed after five seconds. */
const manifest = `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${workload} }
spec:
  replicas: 1
  progressDeadlineSeconds: 5
  selector: { matchLabels: { app.kubernetes.io/name: ${workload} } }
  template:
    metadata:
      labels: { app.kubernetes.io/name: ${workload} }
      annotations: { example.com/version: "\${version}" }
    spec:
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 100
        runAsGroup: 101
        seccompProfile: { type: RuntimeDefault }
      containers:
        - name: page
          image: ghcr.io/stefanprodan/podinfo:\${version}
          command: [sleep, "86400"]
          readinessProbe:
            exec: { command: [test, "\${version}", "!=", "${brokenVersion}"] }
            periodSeconds: 1
          resources:
            requests: { cpu: 1m, memory: 16Mi }
            limits: { cpu: 100m, memory: 64Mi }
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
`;

/** @param settings of the fleet before it, which it leaves as they were */
export async function operation(world: World, settings: FleetSettings): Promise<readonly Row[]> {
  const folder = join(world.project.folder, "kiosk");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "kiosk.yaml"), manifest);
  const names = settings.devices.map(({ name }) => name);
  const everywhere = async (version: string) => {
    await serial(names, (name) => runs(world, name, version));
    await settled(world.hub(), names, 300);
  };
  const rows: Row[] = [...(await bootstrapAgain(world))];

  const started = kiosk(settings, oldVersion, oldVersion);
  await publishPlanned(world, started, workload);
  await everywhere(oldVersion);
  await startHistory(world);
  rows.push(await ownKubectl(world), await versions(world));

  const stopWatching = await watchStatus(world);
  const broken = kiosk(settings, brokenVersion, oldVersion);
  await publishPlanned(world, broken, brokenVersion);
  await commit(world, "Try a version");
  const seen = await timed(() => degraded(world));
  rows.push({
    what: "a broken version published → status says that its ring is Degraded",
    seconds: seen,
  });
  const refusal = await refused(world, ["promote", workload, ...hubOptions(world.hub().plane)]);
  mustHave(refusal, brokenVersion, "degraded", canary);
  mustBe(fleetText(world), world.project.text(broken), "promote refused");
  rows.push({ what: "promote of it is refused, with the device's name" });

  await world.project.flotilla(["rollback", workload, "--ring", "canary"]);
  mustBe(fleetText(world), world.project.text(started), "rollback");
  const back = await timed(async () => {
    await world.publish(started);
    await everywhere(oldVersion);
  });
  rows.push({ what: "rollback of the ring, published → healthy again", seconds: back });

  await publishPlanned(world, kiosk(settings, newVersion, oldVersion), newVersion);
  await commit(world, "Try another version");
  await runs(world, canary, newVersion);
  await settled(world.hub(), names, 300);
  const hub = hubOptions(world.hub().plane);
  await world.project.flotilla(["promote", workload, ...hub], world.hubNamespace);
  const promoted = kiosk(settings, newVersion, newVersion);
  mustBe(fleetText(world), world.project.text(promoted), "promote");
  const promotion = await timed(async () => {
    await world.publish(promoted);
    await everywhere(newVersion);
  });
  rows.push({
    what: "promote, published → all devices of the next ring run it",
    seconds: promotion,
  });
  rows.push(watched(await stopWatching()));

  const removal = await timed(async () => {
    await publishPlanned(world, settings, workload);
    await until(`no Application of ${workload} is left`, () => isForgotten(world), 300);
  });
  // What an Application deployed stays when the Application is deleted: gitops/argocd/application-set.ts.
  await serial(names, (name) => removeFrom(world, name));
  await settled(world.hub(), names, 300);
  const what = "the workload's lines deleted, published → none of its Applications is left";
  rows.push({ what, seconds: removal, note: "what they deployed stays on the devices" });
  return rows;
}

function kiosk(settings: FleetSettings, canaryVersion: string, stable: string): FleetSettings {
  const entry = {
    selector: { role: "till" },
    versions: { canary: canaryVersion, stable },
    manifests: "kiosk",
  };
  return { ...settings, more: { ...settings.more, workloads: { [workload]: entry } } };
}

/** Waits until a device's Deployment is of a version. */
async function runs(world: World, device: string, version: string): Promise<void> {
  interface Deployment {
    readonly spec: {
      readonly template: { readonly metadata: { readonly annotations: Record<string, string> } };
    };
  }
  const isSo = async () => {
    const plane = world.device(device).controlPlane();
    const { spec } = await plane.get<Deployment>("deployment", ...pod);
    return spec.template.metadata.annotations["example.com/version"] === version;
  };
  await until(`${device} runs ${workload} ${version}`, isSo, 300);
}

async function isForgotten(world: World): Promise<boolean> {
  const all = await applications(world.hub());
  return all.every(({ metadata }) => !metadata.name.endsWith(`-${workload}`));
}

async function removeFrom(world: World, device: string): Promise<void> {
  const plane = world.device(device).controlPlane();
  await plane.kubectl(["delete", "namespace", workload, "--wait=false"]);
}

/** The history that `rollback` reads. */
async function startHistory(world: World): Promise<void> {
  await git(world, "init", "--quiet", "--initial-branch", "main");
  await git(world, "add", "fleet.yaml", "fleet.lock.yaml", "kiosk");
  await git(world, "commit", "--quiet", "--message", "The fleet");
}

async function commit(world: World, message: string): Promise<void> {
  await git(world, "commit", "--quiet", "--message", message, "fleet.yaml");
}

function git({ project: { folder } }: World, ...args: readonly string[]): Promise<string> {
  return run(["git", "-C", folder, ...args], { environment: { HOME: folder } });
}

const fleetText = ({ project: { folder } }: World) =>
  readFileSync(join(folder, "fleet.yaml"), "utf8");

/** The Secrets of the hub that bootstrap makes, with the version of each. */
async function hubSecrets(world: World): Promise<string> {
  const columns = "custom-columns=:metadata.namespace,:metadata.name,:metadata.resourceVersion";
  const { plane } = world.hub();
  const words = ["get", "secrets", "--all-namespaces", "--no-headers", "-o", columns];
  return plane.kubectl(words);
}

async function bootstrapAgain(world: World): Promise<readonly Row[]> {
  const before = await hubSecrets(world);
  const hub = hubOptions(world.hub().plane);
  const seconds = await timed(() =>
    world.project.flotilla(["bootstrap", ...hub], world.hubNamespace),
  );
  mustBe(await hubSecrets(world), before, "bootstrap, a second time");
  return [{ what: "bootstrap, a second time: no Secret of the hub changes", seconds }];
}

/** `flotilla kubeconfig … -- kubectl …`: a port-forward to the gateway's proxy, and from there the tunnel. */
async function ownKubectl(world: World): Promise<Row> {
  const kubectl = [peer("kubectl-1.35.2"), "get", "deployment", ...pod, "--output", "name"];
  const words = ["kubeconfig", canary, ...hubOptions(world.hub().plane), "--", ...kubectl];
  const seconds = await timed(async () => {
    mustHave(
      await world.project.flotilla(words, world.hubNamespace),
      `deployment.apps/${workload}`,
    );
  });
  return { what: "flotilla kubeconfig store-1 -- kubectl get, through a port-forward", seconds };
}

async function versions(world: World): Promise<Row> {
  const words = ["status", "--versions", ...hubOptions(world.hub().plane)];
  const text = await world.project.flotilla(words, world.hubNamespace);
  mustHave(text, canary, "1.36");
  return { what: "flotilla status --versions asks each device" };
}

/** Plans a change, publishes it, and plans again. */
async function publishPlanned(
  world: World,
  settings: FleetSettings,
  mentions: string,
): Promise<void> {
  world.project.write(settings);
  mustHave(await refused(world, ["plan", "--exit-code"]), "exit code 3", mentions);
  await world.publish(settings);
  await world.project.flotilla(["plan", "--exit-code"]);
}

interface Status {
  readonly devices: readonly {
    readonly device: string;
    readonly workloads: readonly {
      readonly name: string;
      readonly version: string;
      readonly health: string;
    }[];
  }[];
}

function stateOf({ devices }: Status): string {
  const own = devices.find(({ device }) => device === canary);
  const state = own?.workloads.find(({ name }) => name === workload);
  return `${state?.version} ${state?.health}`;
}

async function degraded(world: World): Promise<void> {
  const words = ["status", "--json", "--degraded", ...hubOptions(world.hub().plane)];
  const isSo = async () => {
    const text = await world.project.flotilla(words, world.hubNamespace);
    if (stateOf(JSON.parse(text) as Status) === `${brokenVersion} Degraded`) return true;
    throw new Error(text);
  };
  await until(`flotilla status says that ${canary} is degraded`, isSo, 300);
}

/** Watches in the background. @returns a function that stops it and returns every status */
async function watchStatus(world: World): Promise<() => Promise<readonly Status[]>> {
  const words = ["status", "--watch", "--interval", "1", "--json"];
  const service = world.processes.service({
    name: "status-watch",
    namespace: world.hubNamespace,
    ...world.project.command([...words, ...hubOptions(world.hub().plane)]),
  });
  await service.start();
  return async () => {
    await service.stop();
    const lines = service.log().split("\n");
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Status);
  };
}

/** The versions and the health of the canary device, as status showed them each second. */
function watched(statuses: readonly Status[]): Row {
  const seen = statuses.map(stateOf);
  for (const wanted of [`${brokenVersion} Degraded`, `${newVersion} Healthy`]) {
    if (!seen.includes(wanted)) throw new Error(`status --watch never showed ${wanted}: ${seen}`);
  }
  return { what: "status --watch showed each step", note: `${seen.length} times` };
}

/** Runs a command that must fail. @returns its exit code and its output */
async function refused(world: World, words: readonly string[]): Promise<string> {
  try {
    await world.project.flotilla(words, world.hubNamespace);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`flotilla ${words.join(" ")} must fail`);
}

function mustHave(text: string, ...words: readonly string[]): void {
  for (const one of words) {
    if (!text.includes(one)) throw new Error(`expected ${one}:\n${text}`);
  }
}

function mustBe(found: string, expected: string, when: string): void {
  if (found !== expected) throw new Error(`${when}: expected\n${expected}\nfound\n${found}`);
}
