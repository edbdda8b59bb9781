/** Which devices run which workloads, according to the selectors of the ApplicationSets. */
import type { Tree } from "../../fleet/model/tree.ts";
import { upgradeName } from "../../fleet/model/contract.ts";
import type { FleetLabels } from "./registration-differences.ts";
import { fieldAt, isMapping } from "../../fleet/model/values.ts";
import { documentsOf, type Fields, type FileChange } from "./object-changes.ts";
import type { Labels } from "./registration.ts";
import { parseStatePath, type RenderingPlace } from "../../fleet/model/state-layout.ts";

interface Rollout extends RenderingPlace {
  readonly selector: Fields;
}

export interface Selection {
  /** Names of all registered devices. */
  readonly devices: readonly string[];
  /** Names of the devices that run the rendering, sorted. */
  readonly devicesOf: (rendering: RenderingPlace) => readonly string[];
  /** The workloads of a device: name → ring and site of the rendering. */
  readonly workloadsOf: (device: string) => ReadonlyMap<string, string>;
  readonly renderingOf: (device: string, workload: string) => RenderingPlace | undefined;
}

export interface Selections {
  readonly before: Selection;
  readonly after: Selection;
}

/** The workload whose rollouts are in a file of the state repository, or undefined. */
export function rolloutsOf(path: string): string | undefined {
  const file = parseStatePath(path);
  if (file?.kind === "upgradeRollouts") return upgradeName;
  return file?.kind === "rollouts" ? file.workload : undefined;
}

/** @param files those that differ; all other files of `tree` did not change */
export function selectionsOf(
  tree: Tree,
  files: readonly FileChange[],
  labels: FleetLabels,
): Selections {
  const after = new Map([...tree].filter(([path]) => rolloutsOf(path) !== undefined));
  const before = new Map(after);
  for (const file of files.filter(({ path }) => rolloutsOf(path) !== undefined)) {
    if (file.before === undefined) before.delete(file.path);
    else before.set(file.path, file.before);
  }
  return {
    before: selectionOf([...before.values()], labels.before),
    after: selectionOf([...after.values()], labels.after),
  };
}

function selectionOf(texts: readonly string[], devices: ReadonlyMap<string, Labels>): Selection {
  const rollouts = texts.flatMap((text) => documentsOf(text) ?? []).flatMap(parseRollout);
  const selected = new Map<Rollout, readonly string[]>();
  const workloads = new Map<string, Map<string, RenderingPlace>>();
  for (const rollout of rollouts) {
    const names = [...devices].filter(([, labels]) => matches(labels, rollout.selector));
    selected.set(rollout, names.map(([name]) => name).toSorted());
    for (const [name] of names) {
      const own = workloads.get(name) ?? new Map<string, RenderingPlace>();
      workloads.set(name, own.set(rollout.workload, rollout));
    }
  }
  return {
    devicesOf: ({ workload, ring, site }) => [
      ...new Set(
        rollouts
          .filter((each) => each.workload === workload && each.ring === ring && each.site === site)
          .flatMap((rollout) => selected.get(rollout) ?? []),
      ),
    ],
    devices: [...devices.keys()],
    workloadsOf: (device) =>
      new Map(
        [...(workloads.get(device) ?? [])].map(([name, { ring, site }]) => [
          name,
          `${ring}@${site}`,
        ]),
      ),
    renderingOf: (device, workload) => workloads.get(device)?.get(workload),
  };
}

/** A label selector of Kubernetes, with the operators that ours use. */
function matches(labels: Labels, { matchLabels, matchExpressions }: Fields): boolean {
  const all = Object.entries(isMapping(matchLabels) ? matchLabels : {});
  const expressions = Array.isArray(matchExpressions) ? matchExpressions.filter(isMapping) : [];
  return (
    all.every(([name, value]) => labels[name] === value) &&
    expressions.every(({ key, operator, values }) => {
      const isIn = Array.isArray(values) && values.includes(labels[String(key)]);
      return operator === "NotIn" ? !isIn : isIn;
    })
  );
}

/** The rendering that an ApplicationSet rolls out; undefined if Flotilla did not write it. */
export function renderingOf(object: Fields): RenderingPlace | undefined {
  const spec = fieldAt(object, ["spec", "template", "spec"]);
  if (object["kind"] !== "ApplicationSet" || !isMapping(spec)) return undefined;
  const { source, sources } = spec;
  for (const each of Array.isArray(sources) ? sources : [source]) {
    // A folder, so any file in it tells.
    const place = isMapping(each) ? placeOf(`${String(each["path"])}/any`) : undefined;
    if (place !== undefined) return place;
  }
  return undefined;
}

/** The rendering that a path in the state repository belongs to, or undefined. */
export function placeOf(path: string): RenderingPlace | undefined {
  const file = parseStatePath(path);
  if (file?.kind !== "rendered") return undefined;
  const { workload, ring, site } = file;
  return { workload, ring, site };
}

function parseRollout(object: Fields): Rollout[] {
  const rendering = renderingOf(object);
  const generators = fieldAt(object, ["spec", "generators"]);
  if (rendering === undefined || !Array.isArray(generators)) return [];
  return generators.flatMap((generator) => {
    const selector = fieldAt(generator, ["clusters", "selector"]);
    return isMapping(selector) ? [{ ...rendering, selector }] : [];
  });
}
