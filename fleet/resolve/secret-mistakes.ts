/** Mistakes in the `secrets` of a workload that its schema does not find. */
import { valueAt } from "../grammar/check.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Source } from "../grammar/source.ts";

/** The add-on that brings them to the hub. */
const addon = ["platform", "addons", "external-secrets"];

export function secretMistakes(
  source: Source,
  workload: string,
  secrets: FleetInput["workloads"][string]["secrets"],
): Mistake[] {
  const path = ["workloads", workload, "secrets"];
  // As written: `secrets` omits invalid entries, so its positions differ.
  const written = valueAt(source.value, path);
  if (!Array.isArray(written) || written.length === 0) return [];
  const problem = sourceProblem(source);
  return [
    ...(problem === undefined ? [] : [source.keyMistake(path, problem)]),
    ...(written.length === secrets.length ? duplicates(source, path, secrets) : []),
  ];
}

function sourceProblem(source: Source): string | undefined {
  const why = "secrets require the add-on external-secrets";
  if (valueAt(source.value, ["platform"]) === undefined) {
    return `${why}, and this fleet has no platform. Write platform, or delete this list.`;
  }
  if (valueAt(source.value, [...addon, "enabled"]) !== false) return undefined;
  return `${why}, and ${addon.join(".")}.enabled is false. Delete that line, or this list.`;
}

function duplicates(
  source: Source,
  path: readonly string[],
  secrets: readonly { readonly name: string; readonly keys?: readonly string[] | undefined }[],
): Mistake[] {
  const mistake = (at: readonly (string | number)[], name: string) =>
    source.mistake([...path, ...at], `"${name}" appears twice in this list. Delete one.`);
  return secrets.flatMap(({ name, keys = [] }, index) => [
    ...(secrets.findIndex((each) => each.name === name) === index
      ? []
      : [mistake([index, "name"], name)]),
    ...keys.flatMap((key, place) =>
      keys.indexOf(key) === place ? [] : [mistake([index, "keys", place], key)],
    ),
  ]);
}
