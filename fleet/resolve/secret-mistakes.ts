/** Mistakes in the `secrets` of a workload that its schema does not find. */
import { valueAt } from "../grammar/check.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import { chartSourceUrl, repositoryUrl } from "../model/chart-repository.ts";
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
  const problem = sourceProblem(source, "secrets require", "this list");
  return [
    ...(problem === undefined ? [] : [source.keyMistake(path, problem)]),
    ...(written.length === secrets.length ? duplicates(source, path, secrets) : []),
  ];
}

/** Mistakes in the `login` of a workload's chart. */
export function loginMistakes(source: Source, { workloads }: FleetInput, name: string): Mistake[] {
  const { chart } = workloads[name] ?? {};
  if (chart?.login === undefined) return [];
  const path = ["workloads", name, "chart", "login"];
  const problem = sourceProblem(source, "a login requires", "this line");
  if (problem !== undefined) return [source.keyMistake(path, problem)];
  // Argo CD finds the login by the URL.
  const url = placeUrl(chart);
  const [other, otherChart] =
    Object.entries(workloads)
      .map(([each, workload]) => [each, workload.chart] as const)
      .find(([, each]) => each?.login !== undefined && placeUrl(each) === url) ?? [];
  if (otherChart?.login === chart.login) return [];
  const message = `the workload ${other} has this chart with the login "${otherChart?.login}". Write the same login.`;
  return [source.mistake(path, message)];
}

function placeUrl({ repository, name }: { repository: string; name: string }): string {
  return chartSourceUrl({ repository: repositoryUrl(repository), name });
}

function sourceProblem(source: Source, requires: string, what: string): string | undefined {
  const why = `${requires} the add-on external-secrets`;
  if (valueAt(source.value, ["platform"]) === undefined) {
    return `${why}, and this fleet has no platform. Write platform, or delete ${what}.`;
  }
  if (valueAt(source.value, [...addon, "enabled"]) !== false) return undefined;
  return `${why}, and ${addon.join(".")}.enabled is false. Delete that line, or ${what}.`;
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
