/** Which kinds of object exist on devices: what Argo CD watches there, and may touch there. */
import type { Manifest } from "./manifests.ts";

export interface Kind {
  /** API group without its version, empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** What Kubernetes makes of an object by itself, and a person looks for in its resource tree. */
const childrenOf: Readonly<Record<string, readonly Kind[]>> = {
  Deployment: [
    { group: "apps", kind: "ReplicaSet", namespaced: true },
    { group: "", kind: "Pod", namespaced: true },
  ],
  DaemonSet: [{ group: "", kind: "Pod", namespaced: true }],
};

/** The kinds of `manifests` and of what grows out of them, each once, by group and name. */
export function kindsOf(manifests: Iterable<Manifest>): readonly Kind[] {
  const kinds = new Map<string, Kind>();
  for (const manifest of manifests) {
    const own: Kind = {
      group: groupOf(manifest),
      kind: manifest.kind,
      namespaced: manifest.metadata.namespace !== undefined,
    };
    for (const kind of [own, ...(childrenOf[manifest.kind] ?? [])]) {
      kinds.set(`${kind.group}/${kind.kind}`, kind);
    }
  }
  return [...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
}

function groupOf(manifest: Manifest): string {
  const [group = "", version] = manifest.apiVersion.split("/");
  return version === undefined ? "" : group;
}
