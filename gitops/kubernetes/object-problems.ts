/** What Kubernetes would refuse in the objects of constructs, whoever made them. */
import { jsonProblems } from "../../fleet/grammar/program-values.ts";
import { fieldProblems } from "../../fleet/kubernetes/field-rules.ts";
import { metadataProblems } from "../../fleet/kubernetes/metadata.ts";
import { podSecurityLabel, podSecurityProblems } from "../../fleet/kubernetes/pod-security.ts";
import { type ObjectProblem, schemaProblems } from "../../fleet/kubernetes/schema-check.ts";
import type { Manifest } from "./manifests.ts";

/** The level of the Pod Security Standards that the namespace among these objects enforces. */
export function podSecurityLevel(objects: readonly Manifest[]): string {
  const namespace = objects.find(({ kind }) => kind === "Namespace");
  return namespace?.metadata.labels?.[podSecurityLabel] ?? "privileged";
}

/**
 * @param level of its namespace
 * @param minors the versions of Kubernetes that it is for; @default the newest
 */
export function objectProblems(
  object: Manifest,
  level: string,
  minors?: readonly string[],
): readonly ObjectProblem[] {
  const unwritable = jsonProblems(object);
  if (unwritable.length > 0) {
    return unwritable.map(({ path, message }) => ({ path: path.map(String), message }));
  }
  return [
    ...schemaProblems(object, minors),
    ...metadataProblems(object),
    ...fieldProblems(object),
    ...podSecurityProblems({ ...object }, level),
  ].filter(({ isNote }) => !isNote);
}

/** The problem with the object's title and the path in it. */
export function problemText(title: string, { path, message }: ObjectProblem): string {
  return [title, ...(path.length > 0 ? [path.join(".")] : []), message].join(": ");
}
