/** Workloads that change on the devices of a ring. */
import type { RolloutChange } from "./model.ts";
import { documentsOf, objectChanges, verbOf, verbOfAll, type FileChange } from "./objects.ts";
import { renderingOf, rolloutsOf, type Selections } from "./selections.ts";
import {
  parseStatePath,
  renderingFolder,
  type RenderingPlace,
} from "../../fleet/model/state-layout.ts";

/** What of a workload a path in the state repository belongs to, or undefined. */
export function placeOf(path: string): RenderingPlace | undefined {
  const file = parseStatePath(path);
  if (file?.kind !== "rendered") return undefined;
  const { workload, ring, site } = file;
  return { workload, ring, site };
}

/**
 * @param paths of the state as it will be
 * @param rings of the fleet, in their order
 */
export function rolloutChanges(
  files: readonly FileChange[],
  paths: ReadonlySet<string>,
  selections: Selections,
  rings: readonly string[],
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
  // A ring that the fleet has no more comes last.
  const rank = (ring: string) => (rings.includes(ring) ? rings.indexOf(ring) : rings.length);
  return [...groups.values()]
    .map((group) => rolloutChange(group.rendering, group.files, paths, selections))
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
  // Where only the selector changed, who was selected and still is feels nothing.
  const isFelt = own.length > 0 || objects.some(changesMore);
  return {
    workload,
    ring,
    site,
    change,
    objects,
    devices: isFelt ? (change === "removed" ? old : next) : moved.toSorted(),
  };
}

/** Whether an ApplicationSet changes by more than whom it selects. */
function changesMore({ fields }: RolloutChange["objects"][number]): boolean {
  return fields.some(({ path }) => path.startsWith("spec.template"));
}

/** A file of rollouts has an ApplicationSet for each rendering: one part of the file for each. */
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
