/**
 * What Argo CD's controller costs for a number of devices, on the pinned peer: the real controller, repo-server,
 * redis and API server of a hub, and devices' API servers that share no objects (devices-process.ts).
 *
 *   node --import tsx test/bench/hub/main.ts memory 300 50     devices, GOGC: first start, and a restart
 *   node --import tsx test/bench/hub/main.ts first-sync 300 50 the first start only
 *   node --import tsx test/bench/hub/main.ts away 300 100      devices, how many of them are away
 *
 * CONTROLLER='{"GOMEMLIMIT":"2GiB"}' adds to the controller's variables.
 * HEAP=FOLDER keeps profiles of the controller's heap there.
 * Prints a line of JSON for each figure. CPU time and memory hold on a busy machine, wall time does not.
 */
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadAll } from "js-yaml";
import { synthesizeState } from "../../../gitops/app.ts";
import { programText } from "../../../gitops/programs/bundle.ts";
import { applyArgoCdDefinitions, applyArgoCdSettings, argoCd } from "../../e2e/argo-cd.ts";
import { startHubPlane, type ControlPlane } from "../../e2e/control-plane.ts";
import { gitServer } from "../../e2e/git-server.ts";
import { run, until, type Service } from "../../e2e/processes.ts";
import { sampleFleet, samplePublicKeys } from "../../sample.ts";
import { median } from "../measure.ts";
import { setState, startDevices } from "./devices.ts";
import { addressOf, application, registration, watchedKinds, workload } from "./manifests.ts";
import { hubBench } from "./hub-bench.ts";
import { cpuSecondsOf, memoryOf } from "./process-usage.ts";

const [scenario = "memory", countText = "100", third = "50"] = process.argv.slice(2);
const count = Number(countText);
const gogc = scenario === "away" ? "50" : third;
const heapFolder = process.env["HEAP"];
const { folder, namespace, all, run: runBench } = hubBench("hub-");
const argocd = ["--namespace", "argocd"];

const say = (what: string, figures: Record<string, unknown>) =>
  console.log(JSON.stringify({ what, devices: count, gogc: Number(gogc), ...figures }));

async function publish(version: string): Promise<void> {
  const clone = mkdtempSync(join(folder, "clone-"));
  const git = (...args: string[]) => run(["git", "-C", clone, ...args]);
  await run(["git", "clone", "--quiet", join(folder, "state.git"), clone]);
  mkdirSync(join(clone, "edge/pos/stable"), { recursive: true });
  writeFileSync(join(clone, "edge/pos/stable/all.yaml"), workload(version));
  await git("add", ".");
  const identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
  await git(...identity, "commit", "--quiet", "--message", version);
  await git("push", "--quiet", "origin", "HEAD:main");
}

const setAway = (from: number, to: number) =>
  setState(join(folder, "devices"), { count, away: [from, to] });

interface State {
  readonly name: string;
  readonly sync: string | undefined;
  readonly health: string | undefined;
  readonly revision: string | undefined;
}

async function states(plane: ControlPlane): Promise<readonly State[]> {
  const text = await plane.kubectl(
    ["get", "applications", ...argocd].concat(
      `-o=jsonpath={range .items[*]}{.metadata.name} {.status.sync.status} {.status.health.status} {.status.sync.revision}{"\\n"}{end}`,
    ),
  );
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", sync, health, revision] = line.split(" ");
      return { name, sync, health, revision };
    });
}

/** @returns seconds until all of these are in sync */
async function synced(
  plane: ControlPlane,
  of: (state: State) => boolean,
  revision?: string,
  seconds = 1500,
): Promise<number> {
  const started = performance.now();
  let report = 0;
  await until(
    "all are in sync",
    async () => {
      const wanted = (await states(plane)).filter(of);
      const done = wanted.filter(
        (one) =>
          one.sync === "Synced" &&
          one.health === "Healthy" &&
          (revision === undefined || one.revision === revision),
      ).length;
      if (performance.now() - report > 20_000) {
        report = performance.now();
        console.error(`${done} of ${wanted.length} in sync`);
      }
      if (wanted.length > 20 && done < wanted.length) await sleep(500);
      return wanted.length > 0 && done === wanted.length;
    },
    seconds,
  );
  return (performance.now() - started) / 1000;
}

/** MiB that were alive at the last collection, as Go's gctrace says it: `… 12->14->9 MB, …`. */
function liveHeapOf(service: Service): number {
  const found = [...service.log().matchAll(/^gc \d+ @.* \d+->\d+->(\d+) MB,/gm)];
  return Number(found.at(-1)?.[1] ?? 0);
}

/** For `go tool pprof -sample_index=inuse_space`, after a collection. */
async function keepHeap(name: string): Promise<void> {
  if (heapFolder === undefined) return;
  const to = join(heapFolder, `${count}-${name}.pb.gz`);
  const url = "http://127.0.0.1:8082/debug/pprof/heap?gc=1";
  await run(["curl", "-sf", "-o", to, url], { namespace });
}

/** Go collects an idle process every two minutes. */
async function settled(service: Service, seconds = 150) {
  await sleep(seconds * 1000);
  return { liveHeap: liveHeapOf(service), ...memoryOf(service) };
}

async function start() {
  const server = gitServer(all, { namespace, folder, address: "127.0.0.1" });
  const url = await server.repository("state");
  await publish("1.0.0");
  await server.service.start();
  const plane = await startHubPlane(all, { namespace, folder });

  // The devices have the schema of an API server without Argo CD's kinds.
  const devices = await startDevices(all, { namespace, folder, upstream: plane.url, count });
  const curl = ["curl", "-sk", "--http2", `https://${addressOf(0)}:6443/openapi/v2`];
  const accept = "Accept: application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  const schema = await run([...curl, "--compressed", "-o", join(folder, "schema"), "-H", accept], {
    namespace,
  }).then(() => statSync(join(folder, "schema")).size);

  await applyArgoCdDefinitions(plane);
  const [values] = loadAll(
    synthesizeState(sampleFleet, samplePublicKeys).get("hub/argocd/values.yaml") ?? "",
  ) as any[];
  await applyArgoCdSettings(plane, {
    ...values.configs.cm,
    "resource.inclusions": JSON.stringify(watchedKinds),
  });
  const variables = Object.fromEntries(
    values.controller.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  const argo = argoCd(all, {
    hub: plane,
    namespace,
    folder: join(folder, "argo"),
    environment: {
      "application-controller": {
        ...variables,
        GOGC: gogc,
        GODEBUG: "gctrace=1",
        ARGOCD_ENABLE_PROFILER_FILE_PATH: join(folder, "profiler"),
        ARGOCD_RECONCILIATION_TIMEOUT: values.configs.cm["timeout.reconciliation"],
        ARGOCD_APPLICATION_CONTROLLER_STATUS_PROCESSORS: "60",
        ARGOCD_CLUSTER_CACHE_EVENTS_PROCESSING_INTERVAL: "1s",
        ...(JSON.parse(process.env["CONTROLLER"] ?? "{}") as Record<string, string>),
      },
    },
  });
  for (const part of ["redis", "repo-server", "server"] as const) await argo.parts[part].start();
  await argo.parts.server.stop();
  const indices = Array.from({ length: count }, (_, index) => index);
  const text = devices.authority.toString("base64");
  for (let from = 0; from < count; from += 100) {
    const some = indices.slice(from, from + 100);
    const objects = some.flatMap((index) => [registration(index, text), application(index, url)]);
    await plane.apply(objects.map((object) => JSON.stringify(object)).join("\n---\n"));
  }
  const controller = argo.parts["application-controller"];
  writeFileSync(join(folder, "profiler"), String(heapFolder !== undefined));
  await controller.start();
  const seconds = await synced(plane, () => true);
  say("first sync", {
    schemaMegabytes: schema / 1e6,
    seconds: Math.round(seconds),
    cpuSeconds: cpuSecondsOf(controller),
    ...memoryOf(controller),
  });
  return { plane, controller };
}

async function memory(): Promise<void> {
  const { plane, controller } = await start();
  say("settled", await settled(controller));
  await keepHeap("settled");
  await controller.stop();
  const started = performance.now();
  await controller.start();
  await until(
    "every cluster is connected",
    async () => {
      const text = await run(["curl", "-s", "http://127.0.0.1:8082/metrics"], { namespace });
      const connected = text.match(/^argocd_cluster_connection_status\{.* 1$/gm) ?? [];
      return connected.length >= count;
    },
    1500,
  );
  await synced(plane, () => true);
  const seconds = Math.round((performance.now() - started) / 1000);
  const [cpuSeconds, peak] = [cpuSecondsOf(controller), memoryOf(controller)];
  say("restart", { seconds, cpuSeconds, ...peak });
  say("settled", await settled(controller));
}

async function reconnectService(plane: ControlPlane, silentSeconds: number): Promise<Service> {
  const home = join(folder, "reconnect");
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "reconnect.mjs"), programText("reconnect"));
  await plane.kubectl(["create", "serviceaccount", "reconnect", ...argocd]).catch(() => undefined);
  await plane
    .kubectl(
      ["create", "clusterrolebinding", "reconnect", "--clusterrole=cluster-admin"].concat(
        "--serviceaccount=argocd:reconnect",
      ),
    )
    .catch(() => undefined);
  const token = ["create", "token", "reconnect", ...argocd, "--duration=24h"];
  writeFileSync(join(home, "token"), await plane.kubectl(token));
  writeFileSync(join(home, "ca.crt"), readFileSync(join(folder, "ca", "server-ca.crt")));
  return all.service({
    name: `reconnect-${silentSeconds}`,
    namespace,
    command: [process.execPath, join(home, "reconnect.mjs")],
    environment: {
      HUB_SERVER: plane.url,
      HUB_ACCOUNT: home,
      GATEWAYS: "http://127.0.0.1:9586",
      SILENT_SECONDS: String(silentSeconds),
    },
  });
}

/** Without the lines of gctrace. */
const logBytes = (service: Service) =>
  statSync(service.logPath).size - service.log().replaceAll(/^(?!gc ).*$/gm, "").length;
const megabytesADay = (bytes: number, seconds: number) =>
  Math.round(((bytes / seconds) * 86_400) / 1e5) / 10;

/** 100 devices are away while a commit comes, with and without reconnect's skipping. */
async function away(number: number): Promise<void> {
  const { plane, controller } = await start();
  say("all are here", await settled(controller, 75));
  let version = 1;
  const tip = async () =>
    (await run(["git", "-C", join(folder, "state.git"), "rev-parse", "main"])).trim();
  const isOf = (limit: number) => (state: State) =>
    Number(/^device-(\d+)-/.exec(state.name)?.[1]) < limit;
  const refreshAll = () =>
    plane.kubectl(
      ["annotate", "applications", "--all", ...argocd, "--overwrite"].concat(
        // As a webhook: the repo-server remembers for minutes what a branch points to.
        "argocd.argoproj.io/refresh=hard",
      ),
    );

  for (const mode of ["never skipped", "skipped"] as const) {
    const reconnect = await reconnectService(plane, mode === "skipped" ? 5 : 1e9);
    await reconnect.start();
    await sleep(35_000);
    const trial = async (limit: number) => {
      setAway(0, limit);
      await sleep(mode === "skipped" ? 10_000 + limit * 60 : 5000);
      await publish(`1.0.${version++}`);
      const revision = await tip();
      await refreshAll();
      if (limit < count) await synced(plane, (state) => !isOf(limit)(state), revision);
      return revision;
    };
    const singles: number[] = [];
    for (let round = 0; round < 1; round++) {
      const revision = await trial(1);
      setAway(0, 0);
      singles.push(await synced(plane, isOf(1), revision, 900));
    }
    const cpu = cpuSecondsOf(controller);
    const revision = await trial(number);
    const before = logBytes(controller);
    const held = await settled(controller, 75);
    const figures = {
      mode,
      away: number,
      ...held,
      logMegabytesADay: megabytesADay(logBytes(controller) - before, 75),
      reconnectLogBytes: logBytes(reconnect),
    };
    setAway(0, 0);
    const seconds = await synced(plane, isOf(number), revision, 900);
    say("back", {
      ...figures,
      secondsUntilAllAreInSync: Math.round(seconds * 10) / 10,
      secondsOfOne: Math.round(median(singles) * 10) / 10,
      cpuSeconds: cpuSecondsOf(controller) - cpu,
    });
    await reconnect.stop();
    await synced(plane, () => true, revision, 900);
  }
}

const scenarios: Readonly<Record<string, () => Promise<unknown>>> = {
  "first-sync": start,
  memory,
  away: () => away(Number(third)),
};
const chosen = scenarios[scenario];
if (chosen === undefined) throw new Error(`unknown scenario ${scenario}`);
await runBench(chosen);
