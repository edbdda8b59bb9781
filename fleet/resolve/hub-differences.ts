/**
 * Each hub has its own view of the fleet, because its environment is merged over fleet.yaml. These views must
 * not differ in who has a device: it would be at two hubs, or at none.
 */
import { valueAt } from "../grammar/check.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Path, Source } from "../grammar/source.ts";
import { namesOfPattern } from "../model/names.ts";
import { isMapping, type Values } from "../model/values.ts";

/** @param others of the other hubs, which can have mistakes of their own */
export function hubDifferences(source: Source, others: readonly Source[]): Mistake[] {
  const sites = others.flatMap((other) => siteDifferences(source, other));
  return firstOfEachPlace(
    // A site that moved took its devices with it.
    sites.length > 0 ? sites : others.flatMap((other) => deviceDifferences(source, other)),
  );
}

function siteDifferences(source: Source, other: Source): Mistake[] {
  return Object.keys(mappingAt(source.value, ["sites"])).flatMap((site) => {
    const path = ["sites", site, "hub"];
    const [here, there] = [source, other].map(({ value }) => valueAt(value, path));
    if (typeof here !== "string" || typeof there !== "string" || here === there) return [];
    const message = `this site is at the hub ${here}, and in ${placeIn(other, path)} at ${there}. Write one hub for it, in fleet.yaml.`;
    return [source.mistake(path, message)];
  });
}

/** Devices that one of the two hubs has, and the other does not know as its device. */
function deviceDifferences(source: Source, other: Source): Mistake[] {
  const here = sitesOfDevices(source.value);
  const there = sitesOfDevices(other.value);
  const hubAt = ({ value }: Source, site: string) => valueAt(value, ["sites", site, "hub"]);
  const otherName = valueAt(other.value, ["hub", "name"]);
  return [...here].flatMap(([device, { site, path }]) => {
    const hub = hubAt(source, site);
    const found = there.get(device);
    const otherHub = found && hubAt(other, found.site);
    if (hub === otherHub || (found === undefined && hub !== otherName)) return [];
    const where =
      found === undefined
        ? `${other.file} does not have it`
        : `in ${placeIn(other, [...found.path, "site"])} at ${String(otherHub)}`;
    const message = `${device} is at the hub ${String(hub)}, and ${where}. Declare it once, in fleet.yaml.`;
    return [source.mistake([...path, "site"], message)];
  });
}

type SitesOfDevices = ReadonlyMap<string, { readonly site: string; readonly path: Path }>;

/** The site of each device, and where it is written. */
function sitesOfDevices(fleet: unknown): SitesOfDevices {
  const found = new Map<string, { site: string; path: Path }>();
  for (const [pattern, entry] of Object.entries(mappingAt(fleet, ["devices"]))) {
    const common = valueAt(entry, ["site"]);
    for (const device of namesOfPattern(pattern)) {
      const own = valueAt(entry, ["overrides", device, "site"]);
      const path =
        own === undefined ? ["devices", pattern] : ["devices", pattern, "overrides", device];
      const site = own ?? common;
      if (typeof site === "string") found.set(device, { site, path });
    }
  }
  return found;
}

function mappingAt(value: unknown, path: Path): Values {
  const found = valueAt(value, path);
  return isMapping(found) ? found : {};
}

function placeIn(source: Source, path: Path): string {
  const { file, line, column } = source.mistake(path, "");
  return `${file}:${line}:${column}`;
}

/** A range of devices has one place, and three hubs have it twice. */
function firstOfEachPlace(mistakes: readonly Mistake[]): Mistake[] {
  const places = new Map<string, Mistake>();
  for (const mistake of mistakes) {
    const place = `${mistake.file}:${mistake.line}:${mistake.column}`;
    if (!places.has(place)) places.set(place, mistake);
  }
  return [...places.values()];
}
