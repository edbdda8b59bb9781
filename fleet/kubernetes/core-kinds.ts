/** Kinds that are written without a group, and belong to one. */
import { closest } from "../model/names.ts";
import { kubernetesMinors, kubernetesSchemas } from "./schemas.ts";

/** What is wrong with a kind as fleet.yaml has it; Kubernetes adds no kinds to the core group any more. */
export function groupProblem(text: string): string | undefined {
  // Not a kind, or with its group.
  if (!/^[A-Z][A-Za-z0-9]*$/.test(text) || coreKinds.includes(text)) return undefined;
  const all = kubernetesMinors.flatMap((minor) => Object.keys(kubernetesSchemas(minor).kinds));
  const found = all.find((each) => each.endsWith(`/${text}`) && !each.startsWith("/"));
  const near = closest(text, coreKinds);
  const guess = near === undefined ? "" : ` Did you mean ${near}?`;
  const fix =
    found === undefined
      ? `Write its group too, like apps/Deployment.${guess}`
      : `Write ${found.split("/")[0]}/${text}.`;
  return `"${text}" is not a kind of Kubernetes' core group. ${fix}`;
}

/** A test compares them with the schemas. */
const coreKinds: readonly string[] = [
  "ConfigMap",
  "Endpoints",
  "Event",
  "LimitRange",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Pod",
  "PodTemplate",
  "ReplicationController",
  "ResourceQuota",
  "Secret",
  "Service",
  "ServiceAccount",
];
