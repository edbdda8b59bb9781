/** What every pod of ours on a cluster agrees on: the level `restricted` of pod security. */
import { createHash } from "node:crypto";

/** The user `nobody`, who owns no file of any image. */
const nobody = { runAsNonRoot: true, runAsUser: 65_534, runAsGroup: 65_534 };

/** `securityContext` of a pod. */
export const restrictedPod = { ...nobody, seccompProfile: { type: "RuntimeDefault" } };

/** `securityContext` of a container in such a pod. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** `securityContext` of such a container in a pod that has others too. */
export const restrictedAmongOthers = { ...nobody, ...restrictedContainer };

/** For an annotation of a pod's template, so that other settings make another pod. */
export function settingsDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** `resources` of a container; the processor has no limit, which would only make it wait. */
export function podResources(
  cpu: string,
  requestMebibytes: number,
  limitMebibytes: number,
): Record<string, unknown> {
  return {
    requests: { cpu, memory: `${requestMebibytes}Mi` },
    limits: { memory: `${limitMebibytes}Mi` },
  };
}
