/** What a fleet of ten thousand devices costs: the commands, the gateways' lists, a year of the state in Git. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadFleet } from "../../fleet/resolve/load.ts";
import { gatewayOf, gatewaysOf } from "../../fleet/rules/gateways.ts";
import { fleetHubSize } from "../../fleet/rules/hub-size.ts";
import { shardOf } from "../../fleet/rules/shards.ts";
import { fakeHub } from "../cli/hub/fake-kubectl.ts";
import {
  applicationList,
  controllerMetrics,
  gatewayMetrics,
  playHub,
  statusPaths,
} from "../cli/hub/status/status-sample.ts";
import { measured, startSeconds, type Usage } from "./measure.ts";
import { benchProject } from "./project.ts";
import { goal, row } from "./row.ts";

const deviceCount = 10_000;
const days = 365;

/** etcd's limit for a request is 1.5 MiB; a ConfigMap's own is this. */
const configMapBytesMax = 2 ** 20;

export function tenThousandBench(scratch: string): void {
  const { folder, file, text, repository } = benchProject(
    join(scratch, "ten-thousand"),
    deviceCount,
  );
  const base = startSeconds();
  const seconds = (what: string, most: number, run: () => Usage) => {
    const { cpuSeconds, peakMebibytes, wallSeconds } = run();
    row(`10,000 devices, ${what}`, {
      CPU: `${cpuSeconds.toFixed(2)} s`,
      wall: `${wallSeconds.toFixed(2)} s`,
      peak: `${peakMebibytes.toFixed(0)} MiB`,
    });
    goal(`10,000 devices, ${what}`, cpuSeconds, { most, unit: "s", to: "Node's own start", base });
  };
  seconds("synth, first time", 50, () => measured(folder, ["synth"]));
  seconds("synth, nothing changed", 8, () => measured(folder, ["synth"]));
  seconds("publish, first time", 8, () => measured(folder, ["publish", "--yes"]));
  writeFileSync(file, text.replace("devices:\n", "devices:\n  extra-1: { site: site-1 }\n"));
  seconds("plan, one more device", 7, () => measured(folder, ["plan"]));
  seconds("publish, one more device", 7, () => measured(folder, ["publish", "--yes"]));
  status(folder, seconds);
  gateways(folder);
  year(repository);
}

/** What a hub of this size answers: with five gateways, shards, and two Applications a device. */
function status(folder: string, seconds: (what: string, most: number, run: () => Usage) => void) {
  const { fleet } = loadFleet(join(folder, "fleet.yaml"));
  const home = join(folder, "hub");
  mkdirSync(home);
  const hub = fakeHub("hub", home);
  const now = Math.floor(Date.now() / 1000);
  playHub(hub, { ...fleet, workloads: [] }, now);
  let bytes = 0;
  for (const workload of fleet.workloads) {
    const { items } = applicationList({ ...fleet, workloads: [workload] }, () => ({})) as List;
    const text = JSON.stringify({ items: items.map(asStored) });
    hub.answer(statusPaths.applicationsOf(workload.name), text);
    bytes += text.length;
  }
  for (const { name } of gatewaysOf(fleet)) {
    const devices = fleet.devices.filter((device) => gatewayOf(fleet, device).name === name);
    hub.answer(
      statusPaths.gateway.replace(":gateway:", `:${name}:`),
      gatewayMetrics({ devices }, now),
    );
  }
  const { shards } = fleetHubSize(fleet);
  for (let shard = 0; shard < shards; shard++) {
    const devices = fleet.devices.filter(({ name }) => shardOf(name, shards) === shard);
    hub.answer(statusPaths.shard(shard), controllerMetrics({ devices }));
  }
  row("10,000 devices, recorded answers of a hub", {
    Applications: `${(bytes / 2 ** 20).toFixed(0)} MiB`,
    shards: String(shards),
  });
  seconds("status, of recorded answers", 15, () =>
    measured(folder, ["status", "--json"], 0, hub.environment),
  );
}

interface List {
  readonly items: readonly { readonly metadata: object }[];
}

/** With what the API server adds: about 300 values and 8 KiB in all. */
function asStored<Item extends { readonly metadata: object }>(item: Item): Item {
  const field = (index: number) => [
    `f:a-field-of-some-length-${index}`,
    { ".": {}, "f:value": {} },
  ];
  const fields = Object.fromEntries(Array.from({ length: 80 }, (_, index) => field(index)));
  const managedFields = ["argocd-applicationset-controller", "argocd-application-controller"].map(
    (manager) => ({ apiVersion: "argoproj.io/v1alpha1", manager, fieldsV1: { "f:spec": fields } }),
  );
  return { ...item, metadata: { ...item.metadata, managedFields } };
}

function gateways(folder: string): void {
  const { fleet } = loadFleet(join(folder, "fleet.yaml"));
  const names = gatewaysOf(fleet).map(({ name }) => name);
  const sizes = names.map(
    (name) => statSync(join(folder, "dist", "gitops", "hub", "gateway", `${name}-peers.yaml`)).size,
  );
  const most = Math.max(...sizes);
  row("10,000 devices, the lists of peers", {
    gateways: String(names.length),
    "largest file": `${(most / 1024).toFixed(0)} KiB`,
  });
  goal("10,000 devices, largest list of peers", most / 2 ** 10, {
    most: configMapBytesMax / 2 ** 10,
    unit: "KiB",
  });
}

/** One device changes each day, as `publish` commits it; a version of a workload each week. */
function year(repository: string): void {
  const git = (args: readonly string[], input = "") =>
    execFileSync("git", ["-C", repository, ...args], {
      encoding: "utf8",
      input,
      maxBuffer: 2 ** 28,
      env: { ...process.env, ...identity },
    }).trim();
  git(["gc", "--quiet", "--prune=now"]);
  const before = folderBytes(repository);
  git(["read-tree", "main"]);
  const clusters = git(["ls-tree", "--name-only", "main", "hub/fleet/clusters/"]).split("\n");
  const edge = git(["ls-tree", "-r", "--name-only", "main", "edge/"]).split("\n");
  const change = (path: string, day: number) => {
    const content = git(["show", `main:${path}`]);
    const id = git(["hash-object", "-w", "--stdin"], `${content}\n# changed on day ${day}\n`);
    git(["update-index", "--cacheinfo", `100644,${id},${path}`]);
  };
  for (let day = 0; day < days; day++) {
    change(clusters[(day * 2_741) % clusters.length] ?? "", day);
    if (day % 7 === 0) change(edge[(day / 7) % edge.length] ?? "", day);
    const tree = git(["write-tree"]);
    const commit = git(["commit-tree", tree, "-p", "main"], `Day ${day}\n`);
    git(["update-ref", "refs/heads/main", commit]);
  }
  const loose = folderBytes(repository);
  const started = process.hrtime.bigint();
  git(["gc", "--quiet", "--prune=now"]);
  const wallSeconds = Number(process.hrtime.bigint() - started) / 1e9;
  const after = folderBytes(repository);
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  row("10,000 devices, the state repository", {
    "first state": mebibytes(before),
    "after a year": mebibytes(loose),
    "after git gc": `${mebibytes(after)} (${wallSeconds.toFixed(0)} s)`,
  });
  goal("10,000 devices, Git after a year", loose / 2 ** 20, { most: 150, unit: "MiB" });
  goal("10,000 devices, Git after a year and gc", after / 2 ** 20, {
    most: 50,
    unit: "MiB",
    to: "the first state",
    base: before / 2 ** 20,
  });
}

const identity = {
  GIT_AUTHOR_NAME: "bench",
  GIT_AUTHOR_EMAIL: "bench@example.com",
  GIT_COMMITTER_NAME: "bench",
  GIT_COMMITTER_EMAIL: "bench@example.com",
};

function folderBytes(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
