/** Whether selectors select the pods that they are for. */
import { fieldAt, isMapping } from "../model/values.ts";
import { podOf, type Fields } from "./pods.ts";
import type { ObjectProblem } from "./schema-check.ts";

const selectingKinds = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"];

/**
 * What the selectors of a workload's objects miss. Kubernetes refuses a Deployment that does not select
 * its own pods, and says nothing of a Service without pods.
 *
 * @param objects all of the workload, which are in one namespace
 * @returns the problems of each, in the same order
 */
export function selectorProblems(
  objects: readonly Fields[],
): readonly (readonly ObjectProblem[])[] {
  const pods = objects.flatMap((object) => {
    const labels = podLabelsOf(object);
    return labels === undefined ? [] : [labels];
  });
  // An operator makes pods of its own for a custom resource.
  const areAll = pods.length > 0 && objects.every(isBuiltIn);
  return objects.map((object) => [
    ...ownPodsProblems(object),
    ...(areAll ? serviceProblems(object, pods) : []),
  ]);
}

function ownPodsProblems(object: Fields): ObjectProblem[] {
  const labels = podLabelsOf(object);
  if (labels === undefined || !selectingKinds.includes(String(object["kind"]))) return [];
  const path = ["spec", "selector", "matchLabels"];
  const missing = missingLabels(fieldAt(object, path), labels);
  if (missing.length === 0) return [];
  const message = `the pods do not have ${labelsText(missing)}. Write the same labels at spec.template.metadata.labels.`;
  return [{ path, message }];
}

function serviceProblems(object: Fields, pods: readonly Fields[]): ObjectProblem[] {
  const path = ["spec", "selector"];
  const selector = fieldAt(object, path);
  if (object["kind"] !== "Service" || !isMapping(selector)) return [];
  if (pods.some((labels) => missingLabels(selector, labels).length === 0)) return [];
  const message = `no pod of this workload has ${labelsText(Object.entries(selector))}. Write the labels of its pods.`;
  return [{ path, message }];
}

function podLabelsOf(object: Fields): Fields | undefined {
  const pod = podOf(object);
  if (pod === undefined) return undefined;
  const labels = fieldAt(pod.value, ["metadata", "labels"]);
  return isMapping(labels) ? labels : {};
}

type Labels = readonly (readonly [key: string, value: unknown])[];

function missingLabels(selector: unknown, labels: Fields): Labels {
  return isMapping(selector)
    ? Object.entries(selector).filter(([key, value]) => labels[key] !== value)
    : [];
}

function labelsText(labels: Labels): string {
  const [first, ...others] = labels;
  const text = `the label ${first?.[0]}: ${String(first?.[1])}`;
  return others.length === 0 ? text : `${text} and ${others.length} more`;
}

function isBuiltIn({ apiVersion }: Fields): boolean {
  const group = String(apiVersion).split("/").toReversed()[1] ?? "";
  return !group.includes(".") || group.endsWith(".k8s.io");
}
