/**
 * Checks that each container of a node runs as its manifest says. It asks the kernel about the running
 * process, not the API server.
 */
import { readFileSync } from "node:fs";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane } from "../control-plane.ts";
import type { Machine } from "./machine.ts";

interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsNonRoot?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

interface Container {
  readonly name: string;
  readonly securityContext?: SecurityContext;
  readonly resources?: { readonly limits?: { readonly memory?: string } };
}

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly securityContext?: SecurityContext;
    readonly containers: readonly Container[];
  };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly containerID?: string;
    }[];
  };
}

/** By their numbers: capabilities(7). */
const capabilityNumbers: Readonly<Record<string, number>> = { NET_BIND_SERVICE: 10, NET_ADMIN: 12 };

/**
 * @param ours namespaces of the product; pods of other namespaces are the harness's
 * @returns how many containers were checked
 * @throws Error that lists every difference
 */
export async function checkConfinement(
  plane: ControlPlane,
  machine: Machine,
  ours: readonly string[],
): Promise<number> {
  const { items } = await plane.get<{ items: readonly Pod[] }>("pods", "--all-namespaces");
  const running = items.filter(
    ({ metadata, status }) => ours.includes(metadata.namespace) && status.phase !== "Succeeded",
  );
  const facts = await factsOf(machine);
  const mistakes: string[] = [];
  let count = 0;
  for (const pod of running) {
    for (const container of pod.spec.containers) {
      const id = pod.status.containerStatuses?.find(
        ({ name }) => name === container.name,
      )?.containerID;
      const found = facts.get(id?.replace("containerd://", "") ?? "");
      const differences =
        found === undefined
          ? ["does not run"]
          : differencesOf(
              { ...pod.spec.securityContext, ...container.securityContext },
              found,
            ).concat(memoryDifferences(container, found));
      count += 1;
      const name = `${pod.metadata.namespace}/${pod.metadata.name} ${container.name}`;
      mistakes.push(...differences.map((one) => `${name}: ${one}`));
    }
  }
  if (count === 0) throw new Error(`no pod in ${ours}`);
  if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
  return count;
}

/** What the kernel reports about a process. */
interface Facts {
  readonly status: string;
  readonly mounts: string;
  readonly cgroups: string;
}

async function factsOf(machine: Machine): Promise<ReadonlyMap<string, Facts>> {
  const client = `ctr --address=${machine.containerd} --namespace=k8s.io`;
  const script = `for pair in $(${client} tasks list | awk '$3 == "RUNNING" { print $1 "=" $2 }'); do
    id=\${pair#*=}; echo "@@$pair"
    for file in status mounts cgroup; do echo "@$file"; cat /proc/$id/$file; done
  done`;
  const text = await machine.run(["bash", "--norc", "-c", script]);
  const facts = text
    .split("@@")
    .slice(1)
    .map((part) => {
      const [head = "", status = "", mounts = "", cgroups = ""] = part.split(/^@\w+\n/m);
      return [head.split("=")[0] ?? "", { status, mounts, cgroups }] as const;
    });
  return new Map(facts);
}

function differencesOf(wanted: SecurityContext, { status, mounts }: Facts): string[] {
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1];
  const user = Number(field("Uid"));
  const capabilities = BigInt(`0x${field("CapBnd") ?? "0"}`);
  const allowed = (wanted.capabilities?.add ?? [])
    .map((name) => 1n << BigInt(capabilityNumbers[name] ?? 63))
    .reduce((all, one) => all | one, 0n);
  const isReadOnly = /^\S+ \/ \S+ ro,/m.test(mounts);
  const checks: readonly (readonly [isWrong: boolean, what: string])[] = [
    [wanted.runAsUser !== undefined && user !== wanted.runAsUser, `runs as ${user}`],
    [wanted.runAsNonRoot === true && user === 0, "runs as root"],
    [wanted.readOnlyRootFilesystem === true && !isReadOnly, "its root can be written"],
    [
      wanted.allowPrivilegeEscalation === false && field("NoNewPrivs") !== "1",
      "may gain privileges",
    ],
    [wanted.seccompProfile?.type === "RuntimeDefault" && field("Seccomp") !== "2", "no seccomp"],
    [
      wanted.capabilities?.drop?.includes("ALL") === true && capabilities !== allowed,
      `capabilities ${capabilities.toString(16)}`,
    ],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, what]) => what);
}

function memoryDifferences({ resources }: Container, { cgroups }: Facts): string[] {
  const wanted = resources?.limits?.memory;
  if (wanted === undefined) return [];
  const [, path = ""] = /^\d+:(?:memory)?:(\S+)$/m.exec(cgroups) ?? [];
  const files = ["memory/PATH/memory.limit_in_bytes", "PATH/memory.max"];
  const file = files
    .map((one) => join("/sys/fs/cgroup", one.replace("PATH", path)))
    .find((one) => existsSync(one));
  const found = file === undefined ? "none" : readFileSync(file, "utf8").trim();
  return found === String(bytes(wanted)) ? [] : [`memory limit ${found}, expected ${wanted}`];
}

const units: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

function bytes(quantity: string): number {
  const [, number = "", unit = ""] = /^(\d+)([KMG]i)?$/.exec(quantity) ?? [];
  return Number(number) * (units[unit] ?? 1);
}
