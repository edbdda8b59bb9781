/** Devices on which K3s restarts because its release changes. */
import { fieldAt } from "../../fleet/model/values.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { Tree } from "../../fleet/model/tree.ts";
import { upgradeName } from "../../fleet/model/contract.ts";
import { k3sReleasePattern } from "../../fleet/grammar/upgrade-schemas.ts";
import { renderingFolder, type RenderingPlace } from "../../fleet/model/state-layout.ts";
import { documentsOf, type FileChange } from "./object-changes.ts";
import type { K3sRestart } from "./plan.ts";
import { placeOf, type Selections } from "./selections.ts";

type Versions = (rendering: RenderingPlace) => string | undefined;

/** @param files those that differ; all other files of `tree` did not change */
export function k3sRestarts(
  fleet: Fleet,
  tree: Tree,
  files: readonly FileChange[],
  { before, after }: Selections,
): readonly K3sRestart[] {
  const newTexts = new Map([...tree].filter(([path]) => placeOf(path)?.workload === upgradeName));
  const oldTexts = new Map(newTexts);
  for (const { path, before: text } of files) {
    if (placeOf(path)?.workload !== upgradeName) continue;
    if (text === undefined) oldTexts.delete(path);
    else oldTexts.set(path, text);
  }
  const [oldVersion, newVersion] = [versionsOf(oldTexts), versionsOf(newTexts)];
  const groups = new Map<string, { before: string; after: string; devices: string[] }>();
  const known = new Set(before.devices);
  for (const { name } of fleet.devices.filter((device) => known.has(device.name))) {
    const [old, next] = [before, after].map((side) => side.renderingOf(name, upgradeName));
    // Where nothing upgraded it, a device runs what images install.
    const from = (old && oldVersion(old)) ?? fleet.pins.k3s.version;
    const to = next && newVersion(next);
    if (to === undefined || !isNewer(to, from)) continue;
    const key = JSON.stringify([from, to]);
    const group = groups.get(key) ?? { before: from, after: to, devices: [] };
    group.devices.push(name);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({ ...group, devices: group.devices.toSorted() }));
}

/** The version that the Plans of a rendering install. */
function versionsOf(texts: ReadonlyMap<string, string>): Versions {
  const versions = new Map<string, string>();
  for (const [path, text] of texts) {
    const place = placeOf(path);
    for (const object of documentsOf(text) ?? []) {
      const version = fieldAt(object, ["spec", "version"]);
      if (object["kind"] === "Plan" && place !== undefined && typeof version === "string") {
        versions.set(renderingFolder(place), version);
      }
    }
  }
  return (rendering) => versions.get(renderingFolder(rendering));
}

/** K3s is never downgraded. */
function isNewer(version: string, than: string): boolean {
  const [one, other] = [version, than].map((each) =>
    k3sReleasePattern.exec(each)?.slice(1).map(Number),
  );
  if (one === undefined || other === undefined) return version !== than;
  const at = one.findIndex((number, index) => number !== other[index]);
  return at >= 0 && (one[at] ?? 0) > (other[at] ?? 0);
}
