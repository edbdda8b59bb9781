/**
 * What Argo CD's ApplicationSet controller costs for a number of devices: the real one, with the state that
 * Flotilla publishes, on the API server of a hub. Argo CD's controller does not run: a stand-in writes the statuses of
 * the Applications. At the end, what Argo CD's server takes to show them all.
 *
 *   node --import tsx test/bench/hub/application-sets.ts 10000     devices
 *
 * Prints a line of JSON for each figure. CPU time and memory hold on a busy machine, wall time does not.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadAll } from "js-yaml";
import { samplesOf } from "../../../cli/hub/status/metrics.ts";
import { stateObjects, type StateObject } from "../../gitops/whole-state.ts";
import { applyArgoCdDefinitions, applyArgoCdSettings, argoCd } from "../../e2e/argo-cd.ts";
import { startHubPlane, type ControlPlane } from "../../e2e/control-plane.ts";
import { run, until, type Service } from "../../e2e/processes.ts";
import { measured } from "../measure.ts";
import { benchProject } from "../project.ts";
import { hubBench } from "./hub-bench.ts";
import { cpuSecondsOf, memoryOf } from "./process-usage.ts";

const count = Number(process.argv[2] ?? "10000");
/** Each of the two workloads runs on every device. */
const applicationsADevice = 2;
const waitSeconds = 3_600;
/** The metrics of the ApplicationSet controller. */
const metricsUrl = "http://127.0.0.1:8085/metrics";

const { folder, namespace, all, run: runBench } = hubBench("sets-");
const argocd = ["--namespace", "argocd"];
const applications = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";

const say = (what: string, figures: Record<string, unknown>) =>
  console.log(JSON.stringify({ what, devices: count, ...figures }));

/** The state as `publish` would push it: path → text. */
function stateIn(project: string): ReadonlyMap<string, string> {
  measured(project, ["synth", "--only", "gitops"]);
  const state = join(project, "dist", "gitops");
  const files = readdirSync(state, { recursive: true, encoding: "utf8" });
  return new Map(
    files
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => [file, readFileSync(join(state, file), "utf8")]),
  );
}

const isRegistration = ({ kind, path }: Pick<StateObject, "kind" | "path">) =>
  kind === "Secret" && path.startsWith("hub/fleet/clusters/");

/** In parts: a request has a limit. */
async function apply(plane: ControlPlane, objects: readonly StateObject[]): Promise<void> {
  for (let from = 0; from < objects.length; from += 500) {
    const some = objects.slice(from, from + 500);
    await plane.apply(
      some.map((each) => JSON.stringify({ ...each, path: undefined })).join("\n---\n"),
    );
  }
}

async function applicationCount(plane: ControlPlane): Promise<number> {
  const answer = await plane.kubectl(["get", "--raw", `${applications}?limit=1`]);
  const { items, metadata } = JSON.parse(answer) as {
    readonly items: readonly unknown[];
    readonly metadata: { readonly remainingItemCount?: number };
  };
  return items.length + (metadata.remainingItemCount ?? 0);
}

/** @returns what the controller used until there are so many Applications */
async function untilThereAre(plane: ControlPlane, controller: Service, number: number) {
  const [started, cpu] = [performance.now(), cpuSecondsOf(controller)];
  let report = started;
  await until(
    `there are ${number} Applications`,
    async () => {
      const there = await applicationCount(plane);
      if (performance.now() - report > 30_000) {
        report = performance.now();
        console.error(`${there} of ${number} Applications`);
      }
      if (there !== number) await sleep(500);
      return there === number;
    },
    waitSeconds,
  );
  return since(started, cpu, controller);
}

function since(started: number, cpu: number, controller: Service) {
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { seconds, cpuSeconds: cpuSecondsOf(controller) - cpu, ...memoryOf(controller) };
}

/** Until a program that was just started uses nearly nothing. */
async function untilIdle(program: Service) {
  const started = performance.now();
  let last = cpuSecondsOf(program);
  for (;;) {
    await sleep(20_000);
    const now = cpuSecondsOf(program);
    // Without these twenty seconds.
    if (now - last <= 1) return since(started + 20_000, 0, program);
    last = now;
  }
}

/**
 * Until the ApplicationSet controller has worked on each of its sets since its start, and has had nothing to do for five
 * seconds. On a busy machine it may use nothing for long, and have much to do.
 */
async function untilDone(controller: Service, sets: number, started: number, cpu: number) {
  let quiet = 0;
  await until(
    "the ApplicationSet controller has nothing to do",
    async () => {
      await sleep(1_000);
      const metrics = await run(["curl", "-sf", metricsUrl], { namespace });
      const sum = (name: string) =>
        samplesOf(metrics, name)
          .filter(({ labels }) => labels["controller"] === "applicationset")
          .reduce((total, { value }) => total + value, 0);
      const isQuiet =
        sum("controller_runtime_reconcile_total") >= sets &&
        sum("controller_runtime_active_workers") === 0 &&
        sum("workqueue_depth") === 0;
      quiet = isQuiet ? quiet + 1 : 0;
      return quiet === 5;
    },
    waitSeconds,
  );
  return since(started + 5_000, cpu, controller);
}

async function measure(): Promise<void> {
  const project = benchProject(join(folder, "project"), count);
  const tree = stateIn(project.folder);
  const state = stateObjects(tree);
  const plane = await startHubPlane(all, { namespace, folder });
  await applyArgoCdDefinitions(plane);
  const [values] = loadAll(tree.get("hub/argocd/values.yaml") ?? "") as {
    readonly configs: { readonly cm: Readonly<Record<string, string>> };
  }[];
  await applyArgoCdSettings(plane, values?.configs.cm ?? {});
  const isProject = ({ kind }: StateObject) => kind === "AppProject";
  await apply(plane, state.filter(isProject));
  await apply(plane, state.filter(isRegistration));
  const sets = state.filter(({ kind }) => kind === "ApplicationSet");
  await apply(plane, sets);

  const argo = argoCd(all, { hub: plane, namespace, folder: join(folder, "argo") });
  const controller = argo.parts["applicationset-controller"];
  await controller.start();
  const wanted = count * applicationsADevice;
  const made = await untilThereAre(plane, controller, wanted);
  say("first time", { sets: sets.length, applications: wanted, ...made });

  const { certificate, key } = plane.administrator;
  const statuses = join(import.meta.dirname, "statuses-process.ts");
  const loader = ["--import", import.meta.resolve("tsx")];
  await run([process.execPath, ...loader, statuses, plane.url, certificate, key], { namespace });
  say("every status written", memoryOf(controller));

  await controller.stop();
  await controller.start();
  const restarted = performance.now();
  say("restart, until it is idle", await untilDone(controller, sets.length, restarted, 0));

  const more = project.text.replace("devices:\n", "devices:\n  extra-1: { site: site-1 }\n");
  writeFileSync(project.file, more);
  const extra = stateObjects(stateIn(project.folder)).filter(
    (object) => isRegistration(object) && object.metadata.name.includes("extra-1"),
  );
  if (extra.length !== 1) throw new Error(`${extra.length} registrations of one device`);
  const [started, cpu] = [performance.now(), cpuSecondsOf(controller)];
  await apply(plane, extra);
  say(
    "one more device: its Applications are there",
    await untilThereAre(plane, controller, wanted + applicationsADevice),
  );
  say("one more device: it is idle", await untilDone(controller, 0, started, cpu));

  await changeTemplates(plane, controller, sets, wanted + applicationsADevice);
  await controller.stop();
  const { server } = argo.parts;
  for (const part of ["redis", "repo-server", "server"] as const) await argo.parts[part].start();
  say("Argo CD's server", await untilIdle(server));
}

/** As after an upgrade of Flotilla that changes every Application. */
async function changeTemplates(
  plane: ControlPlane,
  controller: Service,
  sets: readonly StateObject[],
  wanted: number,
): Promise<void> {
  const [started, cpu] = [performance.now(), cpuSecondsOf(controller)];
  const patch = JSON.stringify({ spec: { template: { metadata: { labels: { bench: "1" } } } } });
  for (const { metadata } of sets) {
    const one = ["patch", "applicationset", metadata.name, ...argocd, "--type=merge"];
    await plane.kubectl([...one, `--patch=${patch}`]);
  }
  const changed = ["get", "applications", ...argocd, "--selector=bench=1", "--output=name"];
  await until(
    "all Applications are changed",
    async () => {
      const lines = (await plane.kubectl(changed)).split("\n").filter(Boolean).length;
      if (lines < wanted) await sleep(15_000);
      return lines === wanted;
    },
    waitSeconds,
  );
  say("every Application changed", since(started, cpu, controller));
}

await runBench(measure);
