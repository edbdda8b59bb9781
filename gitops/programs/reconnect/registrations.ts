/**
 * The registrations of devices on the hub's API, as far as Argo CD is to skip them.
 *
 * `argocd.argoproj.io/skip-reconcile` on a cluster Secret takes the cluster out of the controller: its
 * cache goes, and its Applications keep their last state (Argo CD: controller/sharding/cache.go). Git
 * does not have the annotation, and Argo CD applies server-side: a field that another manager owns is
 * no difference to it.
 */
import {
  argoNamespace,
  skipAnnotation,
  skipAnnotationPointer,
} from "../../../fleet/model/contract.ts";
import { change, requireChange, type ApiServer } from "../shared/api-server.ts";

/** `gone`: the registration is deleted. `refused`: the device has no tunnel. */
export type Release = "released" | "unchanged" | "gone" | "refused";

export interface Registrations {
  readonly skip: (device: string) => Promise<void>;
  readonly release: (device: string) => Promise<Release>;
}

const releases: Readonly<Record<number, Release>> = {
  200: "released",
  // The API server refuses to remove what is not there.
  422: "unchanged",
  404: "gone",
  403: "refused",
};

export function registrationsOf(server: ApiServer): Registrations {
  const pathOf = (device: string) =>
    `/api/v1/namespaces/${argoNamespace}/secrets/${device}?fieldManager=reconnect`;
  return {
    skip: (device) =>
      requireChange(server, pathOf(device), {
        method: "PATCH",
        contentType: "application/merge-patch+json",
        content: { metadata: { annotations: { [skipAnnotation]: "true" } } },
      }),
    release: async (device) => {
      const path = pathOf(device);
      const status = await change(server, path, {
        method: "PATCH",
        contentType: "application/json-patch+json",
        content: [{ op: "remove", path: skipAnnotationPointer }],
      });
      const release = releases[status];
      if (release === undefined) throw new Error(`PATCH ${path}: ${status}`);
      return release;
    },
  };
}
