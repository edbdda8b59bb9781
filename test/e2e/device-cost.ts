/** What the pods that Flotilla brings to a device cost while nothing happens, as its kubelet counts them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ControlPlane } from "./control-plane.ts";
import type { Row } from "./rows.ts";

const seconds = 60;

/** The answer of the kubelet at /stats/summary; memory in bytes, CPU time in ns since the container started. */
interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly namespace: string };
    readonly containers?: readonly {
      readonly name: string;
      readonly startTime: string;
      readonly cpu?: { readonly usageCoreNanoSeconds?: number };
      readonly memory?: { readonly workingSetBytes?: number };
    }[];
  }[];
}

/**
 * @param plane of a device that is a node
 * @param nodeName its name there
 * @param namespaces of Flotilla's own pods
 * @param played the containers whose program is a stand-in
 */
export async function deviceCost(
  plane: ControlPlane,
  nodeName: string,
  namespaces: readonly string[],
  played: readonly string[],
): Promise<Row[]> {
  const path = `/api/v1/nodes/${nodeName}/proxy/stats/summary`;
  const ask = async () => {
    const { pods } = JSON.parse(await plane.kubectl(["get", "--raw", path])) as Summary;
    return pods
      .filter(({ podRef }) => namespaces.includes(podRef.namespace))
      .flatMap(({ containers = [] }) => containers);
  };
  const before = await ask();
  await sleep(seconds * 1_000);
  const after = await ask();
  return after.map(({ name, startTime, cpu, memory }) => {
    const first = before.find((one) => one.name === name && one.startTime === startTime);
    const used = (cpu?.usageCoreNanoSeconds ?? NaN) - (first?.cpu?.usageCoreNanoSeconds ?? NaN);
    const mebibytes = (memory?.workingSetBytes ?? NaN) / 2 ** 20;
    return {
      what: `an idle device, ${name}: memory; CPU time in a minute`,
      note: `${mebibytes.toFixed(1)} MiB; ${(used / 1e6).toFixed(0)} ms`,
      isStandIn: played.includes(name),
    };
  });
}
