/** The part `secrets` of a workload in fleet.yaml: what is wrong with it beyond its form. */
import { valueAt } from "../grammar/check.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Source } from "../grammar/source.ts";

/** What brings them to the hub. */
const addon = ["platform", "addons", "external-secrets"];

export function secretMistakes(
  source: Source,
  workload: string,
  secrets: FleetInput["workloads"][string]["secrets"],
): Mistake[] {
  const path = ["workloads", workload, "secrets"];
  // As written: in `secrets` those that are unsound are left out, and the places are others.
  const written = valueAt(source.value, path);
  if (!Array.isArray(written) || written.length === 0) return [];
  const problem = sourceProblem(source);
  return [
    ...(problem === undefined ? [] : [source.keyMistake(path, problem)]),
    ...(written.length === secrets.length ? twins(source, path, secrets) : []),
  ];
}

function sourceProblem(source: Source): string | undefined {
  const why = "they come from Google Secret Manager by the add-on external-secrets";
  if (valueAt(source.value, ["platform"]) === undefined) {
    return `${why}, and this fleet has no platform. Write platform, or delete this.`;
  }
  if (valueAt(source.value, [...addon, "enabled"]) !== false) return undefined;
  return `${why}, and ${addon.join(".")}.enabled is false. Delete that line, or this.`;
}

function twins(
  source: Source,
  path: readonly string[],
  secrets: readonly { readonly name: string; readonly keys?: readonly string[] | undefined }[],
): Mistake[] {
  const mistake = (at: readonly (string | number)[], name: string) =>
    source.mistake([...path, ...at], `"${name}" stands in this list twice. Delete one.`);
  return secrets.flatMap(({ name, keys = [] }, index) => [
    ...(secrets.findIndex((each) => each.name === name) === index
      ? []
      : [mistake([index, "name"], name)]),
    ...keys.flatMap((key, place) =>
      keys.indexOf(key) === place ? [] : [mistake([index, "keys", place], key)],
    ),
  ]);
}
