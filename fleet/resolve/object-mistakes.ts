/** What Kubernetes would refuse in rendered manifests, at its place in their files. */
import type { Mistake } from "../grammar/mistakes.ts";
import { fieldProblems } from "../kubernetes/field-rules.ts";
import { metadataProblems } from "../kubernetes/metadata.ts";
import { podSecurityLabel, podSecurityProblems } from "../kubernetes/pod-security.ts";
import { schemaProblems } from "../kubernetes/schema-check.ts";
import { selectorProblems } from "../kubernetes/selectors.ts";
import { definedKinds, groupOf } from "../model/kinds.ts";
import type { PlacedObject } from "./manifest-templates.ts";

/**
 * @param podSecurity of the namespace, unless a manifest of it says otherwise
 * @param minors the versions of Kubernetes that devices run
 */
export function objectMistakes(
  objects: readonly PlacedObject[],
  podSecurity: string,
  minors: readonly string[],
): { readonly mistakes: readonly Mistake[]; readonly notes: readonly Mistake[] } {
  const namespace = objects.find(({ manifest }) => manifest.kind === "Namespace")?.manifest;
  const level = namespace?.metadata.labels?.[podSecurityLabel] ?? podSecurity;
  // The custom kinds that the folder defines itself need no note.
  const defined = objects.flatMap(({ manifest }) => definedKinds(manifest));
  const isDefined = ({ apiVersion, kind }: PlacedObject["manifest"]) =>
    defined.some((each) => each.group === groupOf(apiVersion) && each.kind === kind);
  const selected = selectorProblems(objects.map(({ manifest }) => ({ ...manifest })));
  const found = objects.flatMap(({ manifest, placeOf }, index) => {
    const problems = schemaProblems(manifest, minors).filter(
      ({ isNote }) => !isNote || !isDefined(manifest),
    );
    // The rules of pods read a valid object.
    const isValid = problems.every(({ isNote }) => isNote);
    const pods = isValid ? podSecurityProblems({ ...manifest }, level) : [];
    const rules = [...metadataProblems(manifest), ...fieldProblems(manifest)];
    return [...problems, ...rules, ...pods, ...(selected[index] ?? [])].map(
      ({ path, message, isNote = false }) => ({
        isNote,
        mistake: { ...placeOf(path), path: path.join("."), message },
      }),
    );
  });
  return {
    mistakes: found.filter(({ isNote }) => !isNote).map(({ mistake }) => mistake),
    notes: found.filter(({ isNote }) => isNote).map(({ mistake }) => mistake),
  };
}
