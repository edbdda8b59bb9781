/** Mistakes in values of classes that only the result of a merge has: see fleet/grammar/merged-values.ts. */
import type { z } from "zod";
import { checkLeniently, valueAt } from "../grammar/check.ts";
import type { Extensions } from "../grammar/fleet-schema.ts";
import { uniqueMistakes, type Mistake } from "../grammar/mistakes.ts";
import type { Path, Source } from "../grammar/source.ts";
import { isMapping, mergeValues, type Values } from "../model/values.ts";
import { levelsOf, type DeclaredDevice } from "./declared-devices.ts";
import { partLevels, writtenValues } from "./written-values.ts";

/** In a file whose levels have no mistakes by themselves. */
export function ownValueMistakes(
  source: Source,
  devices: readonly DeclaredDevice[],
  { workloads = {}, parts = {} }: Extensions,
): Mistake[] {
  return uniqueMistakes([
    ...Object.entries(workloads).flatMap(([name, schema]) =>
      schema === undefined ? [] : siteMistakes(source, name, schema),
    ),
    ...[...mergedParts(source, devices).values()].flatMap(({ part, levels }) => {
      const schema = parts[part];
      return schema === undefined ? [] : mergeMistakes(source, schema, levels);
    }),
  ]);
}

function siteMistakes(source: Source, name: string, schema: z.ZodObject): Mistake[] {
  const path = ["workloads", name];
  const sites = [...writtenValues(source, name).siteValues.keys()];
  return sites.flatMap((site) =>
    mergeMistakes(source, schema, [
      [...path, "values"],
      [...path, "sites", site],
    ]),
  );
}

interface PartLevels {
  readonly part: string;
  readonly levels: readonly Path[];
}

/** Once for all devices of a range that have the same profile and site. */
function mergedParts(
  source: Source,
  devices: readonly DeclaredDevice[],
): ReadonlyMap<string, PartLevels> {
  const found = new Map<string, PartLevels>();
  for (const { parts, profile, site, path } of devices) {
    for (const part of parts?.keys() ?? []) {
      const key = JSON.stringify([part, profile.name, site.name, path]);
      if (found.has(key)) continue;
      const levels = partLevels(source, levelsOf(profile.name, site.name, path), part);
      found.set(key, { part, levels });
    }
  }
  return found;
}

function mergeMistakes(source: Source, schema: z.ZodObject, levels: readonly Path[]): Mistake[] {
  const written = levels.filter((level) => valueAt(source.value, level) !== undefined);
  const { mistakes } = checkLeniently(mergedSource(source, written), schema);
  if (written.length < 2) return [...mistakes];
  const names = written.map((level) => level.map(String).join("."));
  const merged = `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are merged.`;
  return mistakes.map((mistake) => ({
    ...mistake,
    message: `${mistake.message.replace(/[^.!?]$/, "$&.")} ${merged}`,
  }));
}

/**
 * What the levels merge to, as a source whose mistakes are where the values are written.
 *
 * @param levels the later ones win
 */
function mergedSource(source: Source, levels: readonly Path[]): Source {
  const at = (path: Path) => {
    for (let length = path.length; length > 0; length--) {
      const inner = path.slice(0, length);
      const level = levels.findLast(
        (each) => valueAt(source.value, [...each, ...inner]) !== undefined,
      );
      if (level !== undefined) return [...level, ...path];
    }
    return levels.findLast((each) => valueAt(source.value, each) !== undefined) ?? [];
  };
  const value = levels.reduce<Values>((merged, level) => {
    const values = valueAt(source.value, level);
    return isMapping(values) ? mergeValues(merged, values) : merged;
  }, {});
  return {
    file: source.file,
    value,
    fileOf: (path) => source.fileOf(at(path)),
    mistake: (path, message) => source.mistake(at(path), message),
    keyMistake: (path, message) => source.keyMistake(at(path), message),
    written: (path) => source.written(at(path)),
    blockPlace: (path) => source.blockPlace(at(path)),
  };
}
