/** What is wrong with the static properties of a user's own classes, beside their schemas. */
import { notOneOf } from "../../../fleet/grammar/check.ts";
import { chartSchema } from "../../../fleet/grammar/workload-schemas.ts";
import { startingCharts } from "../../../fleet/lock/pins.ts";
import { exactVersionPattern } from "../../../fleet/model/chart-repository.ts";
import type { AddonDeclaration } from "../../../fleet/model/addons.ts";
import { isMapping } from "../../../fleet/model/values.ts";

type Properties = Readonly<Record<string, unknown>>;

export interface ClassMistake {
  /** The names that lead to it in the definition. */
  readonly path: readonly string[];
  readonly message: string;
}

/** The name that the schema has in each kind of class, and what the class is for. */
const schemaNames: Readonly<Record<string, { readonly name: string; readonly of: string }>> = {
  workloads: { name: "values", of: "a workload" },
  addons: { name: "options", of: "an add-on" },
  deviceParts: { name: "values", of: "a device part" },
};

/** A schema under the name that another kind of class has for it, where it would be ignored. */
export function swappedSchemaMistakes(kind: string, value: object): readonly string[] {
  const { name: right = "values", of = "" } = schemaNames[kind] ?? {};
  const wrong = right === "values" ? "options" : "values";
  const schema = (value as Properties)[wrong];
  if (!isMapping(schema) || typeof schema["safeParse"] !== "function") return [];
  return [`the class has static ${wrong}; those of ${of} are called ${right}. Rename it.`];
}

/**
 * What is wrong with the charts of own add-ons, and with what they need.
 *
 * @param classes by their names; what is not a class with a chart is left out
 * @param builtIn Flotilla's own
 */
export function addonMistakes(
  classes: Readonly<Record<string, unknown>>,
  builtIn: readonly AddonDeclaration[],
): readonly ClassMistake[] {
  const own = Object.entries(classes).flatMap(([name, value]) =>
    typeof value === "function" ? [{ name, ...staticsOf(value) }] : [],
  );
  const known = [...builtIn, ...own];
  return own.flatMap(({ name, chart, needs }, index) =>
    [
      ...chartMistakes(chart, [...builtIn, argoCd, ...own.slice(0, index)]),
      ...needsMistakes(name, needs, known),
    ].map((message) => ({ path: ["addons", name], message })),
  );
}

type Chart = Pick<AddonDeclaration["chart"], "name" | "repository" | "version">;

interface Statics {
  readonly name: string;
  readonly chart?: Chart | undefined;
  readonly needs?: unknown;
}

/** Argo CD is installed in the same way, and its chart is pinned beside those of the add-ons. */
const argoCd: Statics = {
  name: "argo-cd",
  chart: { name: "argo-cd", ...startingCharts([])["argo-cd"] },
};

function staticsOf(value: object): Omit<Statics, "name"> {
  const { chart, needs } = value as Properties;
  return { chart: isChart(chart) ? chart : undefined, needs };
}

export function isChart(value: unknown): value is Chart {
  return (
    isMapping(value) &&
    ["name", "repository", "version"].every((key) => typeof value[key] === "string")
  );
}

function chartMistakes(chart: Chart | undefined, others: readonly Statics[]): readonly string[] {
  if (chart === undefined) return [];
  const { name, repository, version } = chart;
  const { error } = chartSchema.safeParse({ name, repository });
  const problems = (error?.issues ?? []).map(
    ({ path, message }) => `chart.${path.map(String).join(".")}: ${message}`,
  );
  if (repository.endsWith("/")) {
    problems.push(`chart.repository: write it without the slash at its end.`);
  }
  if (!exactVersionPattern.test(version)) {
    problems.push(
      `chart.version: ${JSON.stringify(version)} is not an exact chart version. Write all three numbers, like 1.2.3.`,
    );
  }
  if (problems.length > 0) return problems;
  const same = others.find((other) => other.chart?.name === name);
  const isSame = same?.chart?.repository === repository && same.chart.version === version;
  if (same?.chart === undefined || isSame) return [];
  const { repository: pinned, version: release } = same.chart;
  return [
    `chart: ${same.name} has another chart of the name ${name} (${release} of ${pinned}), and the lock has one pin for each name. Write the same repository and version, or another chart.`,
  ];
}

function needsMistakes(name: string, needs: unknown, known: readonly Statics[]): readonly string[] {
  if (needs === undefined) return [];
  if (!isNames(needs)) {
    return ['needs: this is not a list of names. Write: static readonly needs = ["prometheus"].'];
  }
  const names = known.map((each) => each.name);
  const unknown = needs.filter((need) => !names.includes(need));
  if (unknown.length > 0) {
    return unknown.map((need) => `needs: ${notOneOf(`"${need}"`, names, need)}`);
  }
  const circle = circleFrom(name, new Map(known.map((each) => [each.name, each.needs])));
  return circle === undefined
    ? []
    : [`needs: the add-ons need each other: ${circle.join(", ")}. Remove one of the names.`];
}

/** The names on the way from an add-on back to it; undefined if there is none. */
function circleFrom(
  name: string,
  needs: ReadonlyMap<string, unknown>,
  way: readonly string[] = [name],
): readonly string[] | undefined {
  const next = needs.get(way.at(-1) ?? "");
  for (const need of isNames(next) ? next : []) {
    if (need === name) return [...way, name];
    // A circle of others is reported at each of them.
    const found = way.includes(need) ? undefined : circleFrom(name, needs, [...way, need]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
