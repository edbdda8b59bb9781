/**
 * What Kubernetes would refuse in the objects of constructs. Those of manifests are checked where the
 * files are read (fleet/resolve/object-mistakes.ts).
 */
import type { Mistake } from "../../fleet/grammar/mistakes.ts";
import { sizeProblem } from "../../fleet/kubernetes/object-size.ts";
import type { ObjectProblem } from "../../fleet/kubernetes/schema-check.ts";
import { checkedMinors } from "../../fleet/kubernetes/schemas.ts";
import { selectorProblems } from "../../fleet/kubernetes/selectors.ts";
import { startingPins } from "../../fleet/lock/pins.ts";
import { groupOf } from "../../fleet/model/kinds.ts";
import { isSecretNamed, repeatedSecret } from "../../fleet/model/workload.ts";
import type { Manifest } from "../kubernetes/manifests.ts";
import { objectProblems, podSecurityLevel, problemText } from "../kubernetes/object-problems.ts";
import type { RenderedWorkload } from "./duplicates.ts";

/** @param k3s the release that the devices of the rendering's ring run; @default that of a new fleet */
export function constructMistakes(
  { rendering, objects }: RenderedWorkload,
  k3s: string = startingPins.k3s.version,
): readonly Mistake[] {
  const { workload, ring, site } = rendering;
  if (workload.manifests !== undefined || workload.chart !== undefined) return [];
  const all = objects.map(({ manifest }) => manifest);
  const level = podSecurityLevel(all);
  const minors = checkedMinors([k3s]);
  const where = [`ring ${ring}`, site && `site ${site}`].filter(Boolean).join(", ");
  const selected = selectorProblems(all.map((manifest) => ({ ...manifest })));
  const placed = placeProblems(all, workload.name);
  return objects.flatMap(({ manifest, place }, index) =>
    [
      ...(placed[index] ?? []),
      ...problemsOf(manifest, minors, level),
      ...(workload.secrets ?? [])
        .filter(({ name }) => isSecretNamed(manifest, name))
        .map(({ name }) => ({
          path: ["metadata", "name"],
          message: repeatedSecret(`secrets (${name})`),
        })),
      ...(selected[index] ?? []),
    ].map((problem) => ({
      ...place,
      path: `workloads.${workload.name}`,
      message: problemText(`${manifest.kind} ${manifest.metadata.name} (${where})`, problem),
    })),
  );
}

/** Objects of another namespace, which Argo CD refuses, and those that are there twice, where the last one wins. */
function placeProblems(
  objects: readonly Manifest[],
  namespace: string,
): readonly (readonly ObjectProblem[])[] {
  const seen = new Set<string>();
  return objects.map(({ apiVersion, kind, metadata: { name, namespace: written } }) => {
    const group = groupOf(apiVersion);
    const key = `${group}/${kind}/${name}`;
    const isSecond = seen.has(key);
    seen.add(key);
    const found = kind === "Namespace" ? name : written;
    return [
      ...(found === undefined || found === namespace
        ? []
        : [
            {
              path: ["metadata", kind === "Namespace" ? "name" : "namespace"],
              message: `found "${found}". The workload's namespace is ${namespace}: use props.namespace.`,
            },
          ]),
      ...(isSecond
        ? [{ path: [], message: `the workload has two of this name. Give one another name.` }]
        : []),
    ];
  });
}

function problemsOf(
  manifest: Manifest,
  minors: readonly string[],
  level: string,
): readonly ObjectProblem[] {
  const size = sizeProblem(manifest);
  if (size !== undefined) return [{ path: [], message: size }];
  return objectProblems(manifest, level, minors);
}
