/**
 * The registrations of devices on the hub's API, as far as Argo CD is to skip them.
 *
 * `argocd.argoproj.io/skip-reconcile` on a cluster Secret takes the cluster out of the controller: its
 * cache goes, and its Applications keep their last state (Argo CD: controller/sharding/cache.go). Git
 * does not have the annotation, and Argo CD applies server-side: a field that another manager owns is
 * no difference to it.
 */
import { argoNamespace, skipAnnotation } from "../../../fleet/model/contract.ts";
import { change, isDone, type ApiServer } from "../shared/api-server.ts";

/** `gone`: there is no such registration. `refused`: not a device with a tunnel. */
export type Release = "released" | "unchanged" | "gone" | "refused";

export interface Registrations {
  readonly skip: (device: string) => Promise<void>;
  readonly release: (device: string) => Promise<Release>;
}

const pointer = `/metadata/annotations/${skipAnnotation.replaceAll("/", "~1")}`;

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
    skip: async (device) => {
      const path = pathOf(device);
      const status = await change(server, path, {
        method: "PATCH",
        contentType: "application/merge-patch+json",
        content: { metadata: { annotations: { [skipAnnotation]: "true" } } },
      });
      if (!isDone(status)) throw new Error(`PATCH ${path}: ${status}`);
    },
    release: async (device) => {
      const path = pathOf(device);
      const status = await change(server, path, {
        method: "PATCH",
        contentType: "application/json-patch+json",
        content: [{ op: "remove", path: pointer }],
      });
      const release = releases[status];
      if (release === undefined) throw new Error(`PATCH ${path}: ${status}`);
      return release;
    },
  };
}
