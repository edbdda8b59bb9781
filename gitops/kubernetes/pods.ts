/** What the pods of Flotilla's own programs have in common: the level `restricted`, and resources. */
import { createHash } from "node:crypto";
import {
  Quantity,
  type EnvVar,
  type PodSecurityContext,
  type ResourceRequirements,
  type SecurityContext,
} from "../imports/k8s.ts";

/** The user `nobody`, who owns no file of any image. */
const nobody = { runAsNonRoot: true, runAsUser: 65_534, runAsGroup: 65_534 };

/** `securityContext` of a pod. */
export const restrictedPod = {
  ...nobody,
  seccompProfile: { type: "RuntimeDefault" },
} as const satisfies PodSecurityContext;

/** `securityContext` of a container in such a pod. */
export const restrictedContainer: SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** `securityContext` of a restricted container in a pod with other containers that are not. */
export const restrictedAmongOthers: SecurityContext = { ...nobody, ...restrictedContainer };

/** Annotation of a pod template: the digest of its settings. A new digest restarts the pods. */
export function settingsAnnotation(digest: string): Record<string, string> {
  return { "flotilla.dev/settings": digest };
}

/** The digest of a program's settings for `settingsAnnotation`. */
export function settingsDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** `env` of a container. */
export function environment(variables: Readonly<Record<string, string>>): EnvVar[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

/** Kubernetes quantities: `{ cpu: "50m", memory: "64Mi" }`. */
export interface Amounts {
  readonly cpu?: string;
  readonly memory: string;
}

/** `resources` of a container. Without a limit of `cpu` the container is not throttled. */
export function containerResources(requests: Amounts, limits: Amounts): ResourceRequirements {
  return { requests: quantities(requests), limits: quantities(limits) };
}

function quantities({ cpu, memory }: Amounts): Record<string, Quantity> {
  return {
    ...(cpu !== undefined && { cpu: Quantity.fromString(cpu) }),
    memory: Quantity.fromString(memory),
  };
}

/** `resources` in the values of a chart. The processor has no limit: it would only throttle. */
export function podResources(
  cpu: string,
  requestMebibytes: number,
  limitMebibytes: number,
): { requests: { cpu: string; memory: string }; limits: { memory: string } } {
  return {
    requests: { cpu, memory: `${requestMebibytes}Mi` },
    limits: { memory: `${limitMebibytes}Mi` },
  };
}
