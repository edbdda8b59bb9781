/** The live ISO that an installation is embedded in. */
import type { Patch } from "../formats/bytes.ts";
import { areaFiles } from "../iso/area.ts";
import { pathsInConfig } from "../iso/contents.ts";
import { ignitionPath, requireWithoutIgnition } from "../iso/ignition.ts";
import { openImage, type Image } from "../iso/image.ts";
import { patchedSource } from "../iso/patched-source.ts";
import { resetPatches } from "../iso/reset.ts";
import { variablesPath } from "./live-install.ts";
import { nestedPath } from "./nested-install.ts";

/** What every image of Flotilla has, by each method, in its live system's configuration. */
const ownPaths = [variablesPath, nestedPath];

export interface InstallBase {
  /** The ISO to add an installation to. */
  readonly iso: Image;
  /** What to write into a copy of the given ISO: what makes it this one, and `patches` for this one. */
  readonly with: (patches: readonly Patch[]) => readonly Patch[];
}

/**
 * With `force`, an image that Flotilla made is as it was downloaded: no keyfile and no console of its device
 * may stay. What another tool embedded stays, but for its Ignition config.
 *
 * @throws InputError if the ISO has an Ignition config already, and `force` is false
 */
export function installBase(given: Image, force: boolean): InstallBase {
  const files = areaFiles(given);
  if (!force) requireWithoutIgnition(given, files);
  const paths = pathsInConfig(files.get(ignitionPath) ?? new Uint8Array());
  if (!ownPaths.some((path) => paths.includes(path))) return { iso: given, with: (all) => all };
  const reset = resetPatches(given);
  const { name, volume, json } = given;
  return {
    iso: openImage(name, patchedSource(volume.source, reset), json),
    // Both write whole areas.
    with: (patches) => [
      ...new Map([...reset, ...patches].map((patch) => [patch.offset, patch])).values(),
    ],
  };
}
