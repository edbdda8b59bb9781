/** What Argo CD's Applications have in common: where they read, where they deploy, how they sync. */
import { deviceServer } from "../../fleet/model/contract.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { ApplicationSpecSource, ApplicationSpecSyncPolicy } from "../imports/argoproj.io.ts";

/** The hub's own API server. */
export const hubServer = "https://kubernetes.default.svc";

/** A glob for the API servers of all devices; it does not match the hub's. */
export const deviceServers = deviceServer("*");

/** A Git repository that Argo CD reads. */
export interface Repository {
  readonly url: string;
  readonly branch: string;
  /** @default Argo CD takes unsigned commits too */
  readonly signing?: Fleet["repository"]["signing"];
}

export interface RepositoryFolder {
  readonly repository: Repository;
  /** Relative to the top of the repository. */
  readonly path: string;
}

/** The manifests in a folder as the source of an Application. */
export function gitSource({ repository, path }: RepositoryFolder) {
  return {
    repoUrl: repository.url,
    targetRevision: repository.branch,
    path,
  } satisfies ApplicationSpecSource;
}

/**
 * Argo CD reverts drift, removes what left Git and retries a failed sync without limit.
 *
 * A limit below zero means no limit. `refresh` makes each retry take the newest commit: without it a
 * sync that failed on a bad commit would retry that commit after Git was corrected (Argo CD:
 * controller/appcontroller.go, processRequestedAppOperation). Server-side apply costs less on both
 * sides and keeps large objects out of an annotation of at most 256 KiB.
 */
export const syncPolicy = {
  automated: { prune: true, selfHeal: true },
  retry: {
    limit: -1,
    refresh: true,
    backoff: { duration: "10s", factor: 2, maxDuration: "5m" },
  },
  syncOptions: ["ServerSideApply=true"],
} as const satisfies ApplicationSpecSyncPolicy;
