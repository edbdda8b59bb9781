/** The state of a hub after a failed proof, for a reader who has only the output of the run. */
import type { ControlPlane } from "./control-plane.ts";
import { argoNamespace } from "./argo-cd.ts";
import { isReady } from "./nodes/pods.ts";
import type { World } from "./world.ts";

interface Application {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly sync?: { readonly status: string };
    readonly health?: { readonly status: string };
    readonly operationState?: { readonly phase: string; readonly message?: string };
    readonly conditions?: readonly { readonly type: string; readonly message: string }[];
    readonly reconciledAt?: string;
  };
}

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready: boolean;
      readonly restartCount: number;
      readonly state: unknown;
    }[];
  };
}

interface Event {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTimestamp: string | null;
  readonly involvedObject: { readonly namespace?: string; readonly name: string };
}

/** Applications that are not in sync or not healthy, pods that are not ready, the last warnings. */
export async function diagnosis(plane: ControlPlane): Promise<string> {
  const sections = [
    ["Applications", () => applications(plane)],
    ["Pods that are not ready", () => unreadyPods(plane)],
    ["The last warnings", () => warnings(plane)],
  ] as const;
  const texts: string[] = [];
  for (const [title, lines] of sections) {
    const found = await lines().catch((error: unknown) => [lastLine(error)]);
    texts.push(`${title}:`, ...(found.length === 0 ? ["  none"] : found.map((l) => `  ${l}`)));
  }
  return texts.join("\n");
}

/** kubectl prints the same line many times. */
function lastLine(error: unknown): string {
  return String(error).trim().split("\n").at(-1) ?? "";
}

async function applications(plane: ControlPlane): Promise<string[]> {
  const { items } = await plane.get<{ items: readonly Application[] }>(
    "applications.argoproj.io",
    "--namespace",
    argoNamespace,
  );
  return items.flatMap(({ metadata, status }) => {
    const { sync, health, operationState, conditions = [], reconciledAt } = status ?? {};
    return [
      `${metadata.name}: ${sync?.status}, ${health?.status}, reconciled ${reconciledAt}`,
      ...(operationState?.phase === "Succeeded" || operationState === undefined
        ? []
        : [`  ${operationState.phase}: ${operationState.message}`]),
      ...conditions.map(({ type, message }) => `  ${type}: ${message}`),
    ];
  });
}

async function unreadyPods(plane: ControlPlane): Promise<string[]> {
  const { items } = await plane.get<{ items: readonly Pod[] }>("pods", "--all-namespaces");
  return items
    .filter((pod) => pod.status.phase !== "Succeeded" && !isReady(pod))
    .map(({ metadata, status }) => {
      const unready = (status.containerStatuses ?? [])
        .filter(({ ready }) => !ready)
        .map(
          ({ name, restartCount, state }) => `${name} (${restartCount}): ${JSON.stringify(state)}`,
        );
      return `${metadata.namespace}/${metadata.name}: ${status.phase} ${unready.join("; ")}`;
    });
}

async function warnings(plane: ControlPlane): Promise<string[]> {
  const { items } = await plane.get<{ items: readonly Event[] }>("events", "--all-namespaces");
  return items
    .filter(({ type }) => type === "Warning")
    .map(({ reason, message, lastTimestamp, involvedObject: { namespace, name } }) =>
      `${lastTimestamp} ${namespace ?? "-"}/${name}: ${reason}: ${message}`.trim(),
    )
    .toSorted()
    .slice(-20);
}

/** The error of a hub that could not be started is already printed. */
export async function whatHubSays(world: Pick<World, "hub">): Promise<string> {
  try {
    return await diagnosis(world.hub().plane);
  } catch (error) {
    return String(error);
  }
}
