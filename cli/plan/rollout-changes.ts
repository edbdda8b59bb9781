/** Changes of workloads on the devices of a ring. */
import { upgradeName } from "../../fleet/model/contract.ts";
import type { RolloutChange } from "./plan.ts";
import {
  documentsOf,
  objectChanges,
  verbOf,
  verbOfAll,
  type FileChange,
} from "./object-changes.ts";
import { placeOf, renderingOf, rolloutsOf, type Selections } from "./selections.ts";
import { renderingFolder, type RenderingPlace } from "../../fleet/model/state-layout.ts";

/**
 * @param paths of the state as it will be
 * @param rings of the fleet, in their order
 * @param unwatched kinds that Argo CD stops watching on devices
 */
export function rolloutChanges(
  files: readonly FileChange[],
  paths: ReadonlySet<string>,
  selections: Selections,
  rings: readonly string[],
  unwatched: ReadonlySet<string>,
): readonly RolloutChange[] {
  const groups = new Map<string, { rendering: RenderingPlace; files: FileChange[] }>();
  const add = (rendering: RenderingPlace, file: FileChange) => {
    const key = JSON.stringify([rendering.workload, rendering.ring, rendering.site]);
    const group = groups.get(key) ?? { rendering, files: [] };
    group.files.push(file);
    groups.set(key, group);
  };
  for (const file of files) {
    const place = placeOf(file.path);
    if (place !== undefined) add(place, file);
    for (const { rendering, part } of splitByRendering(file)) add(rendering, part);
  }
  // A ring that the fleet no longer has comes last.
  const rank = (ring: string) => (rings.includes(ring) ? rings.indexOf(ring) : rings.length);
  return [...groups.values()]
    .map((group) => rolloutChange(group.rendering, group.files, paths, selections))
    .map((change) => withStaying(change, unwatched))
    .filter(({ objects }) => objects.length > 0)
    .toSorted(
      (a, b) =>
        compare(a.workload, b.workload) ||
        rank(a.ring) - rank(b.ring) ||
        compare(a.site ?? "", b.site ?? ""),
    );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function rolloutChange(
  rendering: RenderingPlace,
  files: readonly FileChange[],
  paths: ReadonlySet<string>,
  { before, after }: Selections,
): RolloutChange {
  const { workload, ring, site } = rendering;
  const own = files.filter(({ path }) => placeOf(path) !== undefined);
  const written = new Set(own.map(({ path }) => path));
  const folder = `${renderingFolder(rendering)}/`;
  const stays = [...paths].some((path) => path.startsWith(folder) && !written.has(path));
  const objects = objectChanges(files);
  const [old, next] = [before.devicesOf(rendering), after.devicesOf(rendering)];
  const [was, is] = [new Set(old), new Set(next)];
  const moved = [...old, ...next].filter((name) => !was.has(name) || !is.has(name));
  const change = verbOfAll(own.map(verbOf), !stays);
  // If only the selector changed, devices that it still selects are not affected.
  const registered = new Set(after.devices);
  const left = old.filter(
    (name) => registered.has(name) && after.renderingOf(name, workload) === undefined,
  );
  const affectsAll = own.length > 0 || objects.some(changesMore);
  return {
    workload,
    ring,
    site,
    change,
    objects,
    devices: affectsAll ? (change === "removed" ? old : next) : moved.toSorted(),
    left: workload === upgradeName ? [] : left,
  };
}

/** Where the whole workload leaves, everything stays, which `left` says. */
function withStaying(change: RolloutChange, unwatched: ReadonlySet<string>): RolloutChange {
  if (change.change === "removed" || change.devices.length === 0) return change;
  const objects = change.objects.map((object) =>
    object.change === "removed" && unwatched.has(object.kind)
      ? { ...object, stays: true as const }
      : object,
  );
  return { ...change, objects };
}

/** Whether an ApplicationSet changes in more than its selector. */
function changesMore({ fields }: RolloutChange["objects"][number]): boolean {
  return fields.some(({ path }) => path.startsWith("spec.template"));
}

/** A file of rollouts contains one ApplicationSet for each rendering: one part for each. */
function splitByRendering(file: FileChange) {
  const parts = new Map<string, { rendering: RenderingPlace; part: FileChange }>();
  if (rolloutsOf(file.path) === undefined) return [];
  for (const side of ["before", "after"] as const) {
    for (const object of documentsOf(file[side]) ?? []) {
      const rendering = renderingOf(object);
      if (rendering === undefined) continue;
      const key = JSON.stringify(rendering);
      const known = parts.get(key)?.part;
      const part = known ?? { path: file.path, before: undefined, after: undefined };
      // JSON is YAML.
      const text = `${part[side] ?? ""}---\n${JSON.stringify(object)}\n`;
      parts.set(key, { rendering, part: { ...part, [side]: text } });
    }
  }
  return [...parts.values()];
}
