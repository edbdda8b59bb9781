/**
 * Raises the generation of devices in the fleet file, so that the keys in their images stop working. With an
 * environment its own file is written: other environments have other keys.
 */
import { writeUserFile } from "../../fleet/files/user-file.ts";
import { fleetFilesOf } from "../../fleet/files/fleet-files.ts";
import { atPath } from "../../fleet/files/operation-error.ts";
import type { Device } from "../../fleet/model/device.ts";
import { namesOfPattern } from "../../fleet/model/names.ts";
import { isMapping, type Values } from "../../fleet/model/values.ts";
import { readFleetText, readSource } from "../../fleet/resolve/load.ts";
import { shownPath } from "../terminal/session.ts";
import { selectDevices, type DeviceFilter } from "./device-selection.ts";
import { devicePath, withValue } from "./device-text.ts";
import { loadWithoutKey } from "./project.ts";

export interface RevocationReport {
  /** With the generation that is written. */
  readonly devices: readonly Pick<Device, "name" | "generation">[];
  /** The file that was written. */
  readonly file: string;
}

/** @throws InputError if no device is selected; then no file changes */
export async function revokeDevices(
  fleetFile: string,
  filter: DeviceFilter,
): Promise<RevocationReport> {
  const { fleet } = await loadWithoutKey(fleetFile);
  const revoked = selectDevices({ fleet }, fleetFile, filter).map(({ name, generation }) => ({
    name,
    generation: generation + 1,
  }));
  const files = fleetFilesOf(fleetFile);
  const { devices } = readSource(files).value as { readonly devices: Values };
  const file = files.fleetFile;
  let text = readFleetText(file);
  for (const [path, generation] of generationsOf(devices, revoked)) {
    text = withValue(file, text, [...path, "generation"], generation);
  }
  atPath(file, () => writeUserFile(file, text));
  return { devices: revoked, file: shownPath(file) };
}

type Written = readonly [path: readonly string[], generation: number];

/** A range is raised as a whole where all of it is revoked; overrides with a generation of their own too. */
function generationsOf(devices: Values, revoked: RevocationReport["devices"]): readonly Written[] {
  const generations = new Map(revoked.map(({ name, generation }) => [name, generation]));
  return Object.entries(devices).flatMap(([pattern, entry]): readonly Written[] => {
    const names = namesOfPattern(pattern);
    const overrides = isMapping(entry) && isMapping(entry["overrides"]) ? entry["overrides"] : {};
    const hasOwn = (name: string) => {
      const own = overrides[name];
      return isMapping(own) && own["generation"] !== undefined;
    };
    const own = (name: string): Written[] => {
      const generation = generations.get(name);
      return generation === undefined ? [] : [[devicePath(pattern, name), generation]];
    };
    const others = names.filter((name) => !hasOwn(name));
    const common = generations.get(others[0] ?? "");
    if (common === undefined || !names.every((name) => generations.has(name))) {
      return names.flatMap(own);
    }
    return [[["devices", pattern], common], ...names.filter(hasOwn).flatMap(own)];
  });
}
