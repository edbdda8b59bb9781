/**
 * The log keeper as a pod, with the Elasticsearch of platform.ts and its disk too full. The pod is killed
 * while it waits for an answer, and the Job's second pod does the work. It is not evicted here: after a
 * second failure the Job would fail, and the next one would do the work ten minutes later.
 */
import { load } from "js-yaml";
import { stateFile } from "./hub.ts";
import { checkConfinement } from "./nodes/confinement.ts";
import type { PodProgram } from "./nodes/pods.ts";
import { askElasticsearch, elasticsearch } from "./platform.ts";
import { until } from "./processes.ts";
import { timed, type Row } from "./rows.ts";
import type { World } from "./world.ts";

const job = "log-keeper-now";
const keeper: PodProgram = {
  namespace: elasticsearch.namespace,
  selector: `batch.kubernetes.io/job-name=${job}`,
  container: "keeper",
};
const question = "GET /_nodes/stats/fs";

export async function logKeeperHolds(world: World): Promise<readonly Row[]> {
  const hub = world.hub();
  const { plane, node, pods } = hub;
  const { namespace } = keeper;
  const object = (file: string) =>
    load(stateFile(world.project, `hub/platform/elasticsearch/${file}.yaml`)) as { spec?: object };
  const cronJob = object("cronjob-log-keeper");
  // Its own schedule may start one now, and a finished pod cannot be inspected.
  const waiting = { ...cronJob, spec: { ...cronJob.spec, suspend: true } };
  for (const one of [object("configmap-log-keeper"), waiting])
    await plane.apply(JSON.stringify(one));
  const requests = async () => (await askElasticsearch(hub, "/requests")) as readonly string[];
  const asked = async (times: number) => {
    const all = await requests();
    if (all.filter((one) => one === question).length < times) throw new Error(all.join("\n"));
    return true;
  };
  await plane.kubectl([
    "create",
    "job",
    job,
    "--from=cronjob/log-keeper",
    "--namespace",
    namespace,
  ]);
  await until("the log keeper asks how full the disk is", () => asked(1), 300);
  await checkConfinement(plane, node, [namespace]);
  const seconds = await timed(async () => {
    await pods.signal(keeper, "KILL");
    await until("the Job's second pod asks the same", () => asked(2), 300);
    await askElasticsearch(hub, "/continue");
    const done = ["wait", "--for=condition=Complete", `job/${job}`, "--timeout=2s"];
    await until("the log keeper is done", () => plane.kubectl([...done, "-n", namespace]), 300);
  });
  const deleted = (await requests()).filter((one) => one.startsWith("DELETE "));
  if (deleted.length !== 1 || !deleted[0]?.endsWith("-2026.11.20-000001")) {
    throw new Error(`the log keeper deleted ${deleted}`);
  }
  return [
    {
      what: "log-keeper: confined as in its manifest, kill -9 → the oldest index is deleted",
      seconds,
      note: "Elasticsearch is a stand-in",
      isStandIn: true,
    },
  ];
}
