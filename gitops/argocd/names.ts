/** What every Argo CD object of the state repository agrees on. */
import type { Fleet } from "../../fleet/model/fleet.ts";
import { deviceServer } from "../../fleet/model/contract.ts";

export const argoApiVersion = "argoproj.io/v1alpha1";

/** The hub's own API server, the name under which Argo CD knows the cluster that it runs in. */
export const hubServer = "https://kubernetes.default.svc";

/** A glob over the API servers of all devices, and of nothing else (see registration.ts). */
export const deviceServers = deviceServer("*");

/** Where something lies in the state repository. */
export interface RepositoryPath {
  readonly repository: Fleet["repository"];
  /** Folder, relative to the top of the repository. */
  readonly path: string;
}

export function gitSource(place: RepositoryPath): Record<string, unknown> {
  return {
    repoURL: place.repository.url,
    targetRevision: place.repository.branch,
    path: place.path,
  };
}

/**
 * Drift is reverted, what left Git is removed, and a failed sync is tried again without end.
 *
 * A limit below zero means no limit, and `refresh` makes each retry take the newest commit: without
 * it a sync that failed on a bad commit would go on trying that one after Git was put right (Argo
 * CD: controller/appcontroller.go, processRequestedAppOperation). Server-side apply costs less on
 * both sides and keeps large objects out of an annotation of at most 256 KiB.
 */
export const syncPolicy = {
  automated: { prune: true, selfHeal: true },
  retry: {
    limit: -1,
    refresh: true,
    backoff: { duration: "10s", factor: 2, maxDuration: "5m" },
  },
  syncOptions: ["ServerSideApply=true"],
};
