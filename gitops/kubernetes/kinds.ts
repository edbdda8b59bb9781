/** Which kinds of objects exist on devices: what Argo CD watches and may change there. */
import { definedKinds, groupOf, kindsNamed } from "../../fleet/model/kinds.ts";
import type { Kind } from "../../fleet/model/kinds.ts";
import type { Manifest } from "./manifests.ts";

export type { Kind };

const pod: Kind = { group: "", kind: "Pod", namespaced: true };

/** What Kubernetes itself creates for an object, and operators look for in Argo CD's resource tree. */
const childrenOf: Readonly<Record<string, readonly Kind[]>> = {
  Deployment: [{ group: "apps", kind: "ReplicaSet", namespaced: true }, pod],
  DaemonSet: [pod],
  StatefulSet: [pod],
  CronJob: [{ group: "batch", kind: "Job", namespaced: true }, pod],
  Job: [pod],
};

/**
 * The kinds of `manifests` and of what Kubernetes creates for them, each once, by group and name; one that may
 * have a namespace or not is there in both ways.
 *
 * @param declared kinds of objects that only Argo CD renders
 */
export function kindsOf(
  manifests: Iterable<Manifest>,
  declared: readonly Kind[] = [],
): readonly Kind[] {
  const objects = [...manifests];
  const defined = objects.flatMap(definedKinds);
  const made = objects.flatMap(({ apiVersion, kind }) =>
    kindsNamed(groupOf(apiVersion), kind, defined),
  );
  const kinds = new Map<string, Kind>();
  for (const own of [...made, ...declared]) {
    for (const kind of [own, ...(childrenOf[own.kind] ?? [])]) {
      kinds.set(`${kind.group}/${kind.kind}/${kind.namespaced}`, kind);
    }
  }
  return [...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
}
