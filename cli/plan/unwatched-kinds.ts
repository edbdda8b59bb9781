/** Kinds that Argo CD stops watching on devices: it does not remove what is left of them. */
import { fieldAt } from "../../fleet/model/values.ts";
import { parseStatePath } from "../../fleet/model/state-layout.ts";
import { documentsOf, type FileChange } from "./object-changes.ts";

export function unwatchedKinds(files: readonly FileChange[]): ReadonlySet<string> {
  const values = files.find(({ path }) => parseStatePath(path)?.kind === "argoCdValues");
  const after = watchedKinds(values?.after);
  return new Set([...watchedKinds(values?.before)].filter((kind) => !after.has(kind)));
}

function watchedKinds(text: string | undefined): ReadonlySet<string> {
  const [values] = documentsOf(text) ?? [];
  const inclusions = fieldAt(values, ["configs", "cm", "resource.inclusions"]);
  // A list is not an object, so it gets a key.
  const indented = `list:\n${String(inclusions).replaceAll(/^/gm, "  ")}`;
  const [{ list } = {}] = typeof inclusions === "string" ? (documentsOf(indented) ?? []) : [];
  const kinds = Array.isArray(list) ? list.map((each) => fieldAt(each, ["kinds"])) : [];
  return new Set(kinds.flat().filter((kind) => typeof kind === "string"));
}
