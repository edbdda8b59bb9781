/** Puts the objects of workloads into their namespaces. */
import { definedKinds, groupOf, isNamespaced, type Kind } from "../../fleet/model/kinds.ts";
import type { Manifest } from "../kubernetes/manifests.ts";
import type { RenderedWorkload } from "./duplicates.ts";

/**
 * All objects with the namespace of their workload where they have none, as Argo CD would put them there, and
 * without one where their kind has none. A CustomResourceDefinition counts for all workloads.
 */
export function inNamespaces(all: readonly RenderedWorkload[]): readonly RenderedWorkload[] {
  const defined = all.flatMap(({ objects }) =>
    objects.flatMap(({ manifest }) => definedKinds(manifest)),
  );
  return all.map(({ rendering, objects }) => ({
    rendering,
    objects: objects.map(({ manifest, place }) => ({
      manifest: inNamespace(manifest, rendering.workload.name, defined),
      place,
    })),
  }));
}

function inNamespace(manifest: Manifest, own: string, defined: readonly Kind[]): Manifest {
  const { apiVersion, kind, metadata } = manifest;
  const { namespace, ...others } = metadata;
  const namespaced = isNamespaced(groupOf(apiVersion), kind, defined);
  if (namespaced === (namespace !== undefined)) return manifest;
  return { ...manifest, metadata: namespaced ? { ...metadata, namespace: own } : others };
}
