/**
 * Load balancers and disks that Kubernetes made in the cloud and Terraform does not know. They would
 * remain, and cost money, after the cluster is deleted.
 */
import { OperationError } from "../../../fleet/files/operation-error.ts";
import { objectIn } from "../../terminal/programs.ts";
import type { Kubectl } from "../kubectl/kubectl.ts";

export interface Leftover {
  readonly kind: "Service" | "PersistentVolumeClaim";
  readonly namespace: string;
  readonly name: string;
  /** `load balancer at 203.0.113.7`, `disk of 10Gi`. */
  readonly what: string;
}

interface List {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace?: string };
    readonly spec: {
      readonly type?: string;
      readonly persistentVolumeReclaimPolicy?: string;
      readonly csi?: { readonly volumeHandle?: string };
    };
    readonly status?: {
      readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
      readonly capacity?: { readonly storage?: string };
    };
  }[];
}

async function list(kubectl: Kubectl, kind: string): Promise<List["items"]> {
  const args = ["get", kind, "--all-namespaces", "--output=json"];
  return (objectIn(`kubectl ${args.join(" ")}`, await kubectl(args)) as List).items;
}

/** In the order of Kubernetes, Services first. */
export async function leftovers(kubectl: Kubectl): Promise<readonly Leftover[]> {
  const [services, claims] = await Promise.all([
    list(kubectl, "services"),
    list(kubectl, "persistentvolumeclaims"),
  ]);
  const place = ({ metadata: { name, namespace = "default" } }: List["items"][number]) => ({
    namespace,
    name,
  });
  return [
    ...services
      .filter(({ spec }) => spec.type === "LoadBalancer")
      .map((service) => {
        const ip = service.status?.loadBalancer?.ingress?.[0]?.ip;
        const what = ip === undefined ? "load balancer" : `load balancer at ${ip}`;
        return { kind: "Service" as const, ...place(service), what };
      }),
    ...claims.map((claim) => {
      const size = claim.status?.capacity?.storage;
      const what = size === undefined ? "disk" : `disk of ${size}`;
      return { kind: "PersistentVolumeClaim" as const, ...place(claim), what };
    }),
  ];
}

/** Disks that remain after their claims are deleted (reclaim policy Retain), by their names in the cloud. */
export async function retainedDisks(kubectl: Kubectl): Promise<readonly string[]> {
  // Volumes have no namespace; `--all-namespaces` does not matter.
  const volumes = await list(kubectl, "persistentvolumes");
  return volumes
    .filter(({ spec }) => spec.persistentVolumeReclaimPolicy === "Retain")
    .map(({ metadata, spec }) => spec.csi?.volumeHandle ?? metadata.name);
}

/** Namespaces of Kubernetes and Google, which are never deleted. */
const isSystem = (namespace: string) => /^(default|kube-.*|gke-.*|gmp-.*)$/.test(namespace);

/** A load balancer takes a minute or two, and pods may end slowly. */
const attemptSeconds = 10;
const attemptsMax = 60;

/** Between two checks. */
export const attemptMilliseconds = attemptSeconds * 1000;

/**
 * Removes them and waits until they are deleted, together with their whole namespaces: pods in them
 * would keep the disks, or make new ones.
 *
 * @throws OperationError that lists what remains
 */
export async function removeLeftovers(
  kubectl: Kubectl,
  found: readonly Leftover[],
  wait: () => Promise<void>,
): Promise<void> {
  const namespaces = new Set(found.map(({ namespace }) => namespace).filter((n) => !isSystem(n)));
  const loose = found.filter(({ namespace }) => isSystem(namespace));
  const flags = ["--ignore-not-found", "--wait=false"];
  for (const namespace of namespaces) await kubectl(["delete", "namespace", namespace, ...flags]);
  for (const { kind, namespace, name } of loose) {
    await kubectl(["delete", kind, name, `--namespace=${namespace}`, ...flags]);
  }
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const rest = await leftovers(kubectl);
    if (rest.length === 0 && (await boundDisks(kubectl)) === 0) return;
    await wait();
  }
  const rest = (await leftovers(kubectl)).map(
    ({ kind, namespace, name, what }) => `${kind} ${namespace}/${name} (${what})`,
  );
  throw new OperationError(
    `after ${(attemptsMax * attemptSeconds) / 60} minutes these remain: ` +
      `${rest.join(", ") || "the disks of deleted claims"}. The hub itself was not deleted. Find ` +
      "out what uses them (kubectl describe), and run it again",
  );
}

async function boundDisks(kubectl: Kubectl): Promise<number> {
  const volumes = await list(kubectl, "persistentvolumes");
  return volumes.filter(({ spec }) => spec.persistentVolumeReclaimPolicy !== "Retain").length;
}
