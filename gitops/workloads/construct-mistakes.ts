/**
 * What Kubernetes would refuse in the objects of constructs. Those of manifests are checked where the
 * files are read (fleet/resolve/object-mistakes.ts).
 */
import type { Mistake } from "../../fleet/grammar/mistakes.ts";
import { podSecurityLabel, podSecurityProblems } from "../../fleet/kubernetes/pod-security.ts";
import { sizeProblem } from "../../fleet/kubernetes/object-size.ts";
import { type ObjectProblem, schemaProblems } from "../../fleet/kubernetes/schema-check.ts";
import { checkedMinors } from "../../fleet/kubernetes/schemas.ts";
import { startingPins } from "../../fleet/lock/pins.ts";
import type { Manifest } from "../kubernetes/manifests.ts";
import type { RenderedWorkload } from "./duplicates.ts";

/** @param k3s the release that the devices of the rendering's ring run; @default that of a new fleet */
export function constructMistakes(
  { rendering, objects }: RenderedWorkload,
  k3s: string = startingPins.k3s.version,
): readonly Mistake[] {
  const { workload, ring, site } = rendering;
  if (workload.manifests !== undefined || workload.chart !== undefined) return [];
  const namespace = objects.find(({ manifest }) => manifest.kind === "Namespace")?.manifest;
  const level = namespace?.metadata.labels?.[podSecurityLabel] ?? "privileged";
  const minors = checkedMinors([k3s]);
  const where = [`ring ${ring}`, site && `site ${site}`].filter(Boolean).join(", ");
  return objects.flatMap(({ manifest, place }) =>
    problemsOf(manifest, minors, level)
      .filter(({ isNote }) => !isNote)
      .map(({ path, message }) => ({
        ...place,
        path: `workloads.${workload.name}`,
        message: [
          `${manifest.kind} ${manifest.metadata.name} (${where})`,
          ...(path.length > 0 ? [path.join(".")] : []),
          message,
        ].join(": "),
      })),
  );
}

function problemsOf(
  manifest: Manifest,
  minors: readonly string[],
  level: string,
): readonly ObjectProblem[] {
  const size = sizeProblem(manifest);
  if (size !== undefined) return [{ path: [], message: size }];
  return [...schemaProblems(manifest, minors), ...podSecurityProblems({ ...manifest }, level)];
}
