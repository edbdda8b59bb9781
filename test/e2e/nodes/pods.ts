/**
 * What the proofs do to pods: kill a container's process, evict a pod, and run a program in a pod's
 * network, where the cluster's policies and Services apply.
 */
import type { ControlPlane } from "../control-plane.ts";
import { until } from "../processes.ts";
import type { Machine } from "./machine.ts";

/** A container of a pod. */
export interface PodProgram {
  readonly namespace: string;
  /** The label selector of its pod: `app.kubernetes.io/name=reconnect`. */
  readonly selector: string;
  readonly container: string;
}

export interface Pods {
  /** `kill -9` to the first process; returns when the kubelet has another one that is ready. */
  kill(program: PodProgram): Promise<void>;
  /** `kill -STOP`, so that it hangs; returns when the liveness probe has led to a restart. */
  hang(program: PodProgram): Promise<void>;
  /** Sends a signal to the first process. @returns the container's status before it */
  signal(program: PodProgram, name: "KILL" | "STOP"): Promise<ContainerStatus>;
  /** Evicts it, as a drained node does. Returns when another pod in its place is ready. */
  evict(program: PodProgram): Promise<void>;
  /** Waits until a pod is ready. */
  ready(program: PodProgram, seconds: number): Promise<void>;
  /** Runs a program of the machine in the pod's network. @returns what it printed */
  inNetwork(program: PodProgram, command: readonly string[]): Promise<string>;
}

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly ready: boolean;
  readonly restartCount: number;
}

export function pods(plane: ControlPlane, machine: Machine): Pods {
  const podOf = async ({ namespace, selector }: PodProgram) => {
    const of = ["--namespace", namespace, "--selector", selector];
    const { items } = await plane.get<{ items: readonly Pod[] }>("pods", ...of);
    const found = items.find(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (found === undefined) throw new Error(`no pod ${selector} in ${namespace}`);
    return found;
  };
  const readyPod = async (program: PodProgram) => {
    const pod = await podOf(program);
    if (!isReady(pod)) throw new Error(`not ready: ${JSON.stringify(pod.status)}`);
    return pod;
  };
  const ready = (program: PodProgram, seconds: number) =>
    until(`${program.selector} is ready`, () => readyPod(program), seconds);
  const signal: Pods["signal"] = async (program, name) => {
    const status = statusOf(await ready(program, 300), program);
    await machine.run(["kill", `-${name}`, await processId(machine, status)]);
    return status;
  };
  return {
    ready: async (program, seconds) => {
      await ready(program, seconds);
    },
    signal,
    hang: async (program) => {
      const before = await signal(program, "STOP");
      const isAnother = async () => {
        const status = statusOf(await podOf(program), program);
        return status.ready && status.restartCount > before.restartCount;
      };
      await until(`the probe has ${program.container} started again`, isAnother, 600);
    },
    kill: async (program) => {
      const before = await signal(program, "KILL");
      const isAnother = async () => {
        const status = statusOf(await readyPod(program), program);
        return status.restartCount > before.restartCount;
      };
      await until(`the kubelet starts ${program.container} again`, isAnother, 300);
    },
    evict: async (program) => {
      const { metadata } = await ready(program, 300);
      const { namespace } = program;
      const eviction = {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: metadata.name, namespace },
      };
      const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}/eviction`;
      await plane.kubectl(["create", "--raw", path, "-f", "-"], JSON.stringify(eviction));
      const isAnother = async () => (await readyPod(program)).metadata.uid !== metadata.uid;
      await until(`another pod ${program.selector}`, isAnother, 300);
    },
    inNetwork: async (program, command) => {
      const status = statusOf(await ready(program, 300), program);
      const id = await processId(machine, status);
      return machine.run(["nsenter", `--target=${id}`, "--net", "--", ...command]);
    },
  };
}

/** Whether a pod is ready, by its status. */
export function isReady({
  status,
}: {
  readonly status: Pick<Pod["status"], "conditions">;
}): boolean {
  return (status.conditions ?? []).some((one) => one.type === "Ready" && one.status === "True");
}

function statusOf({ status }: Pod, { container }: PodProgram): ContainerStatus {
  const found = status.containerStatuses?.find(({ name }) => name === container);
  if (found === undefined) throw new Error(`the pod has no container ${container}`);
  return found;
}

/** As the machine sees it. */
async function processId(machine: Machine, { name, containerID = "" }: ContainerStatus) {
  const id = containerID.replace("containerd://", "");
  const client = ["ctr", `--address=${machine.containerd}`, "--namespace=k8s.io"];
  const tasks = await machine.run([...client, "tasks", "list"]);
  const [, process] = new RegExp(`^${id}\\s+(\\d+)`, "m").exec(tasks) ?? [];
  if (id === "" || process === undefined) throw new Error(`${name} does not run:\n${tasks}`);
  return process;
}
