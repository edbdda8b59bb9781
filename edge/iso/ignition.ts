/** The Ignition config of a live image: what `coreos-installer iso ignition` embeds and shows. */
import type { Patch } from "../formats/bytes.ts";
import type { Files } from "../formats/cpio.ts";
import { areaFiles, areaPatch } from "./area.ts";
import type { Image } from "./image.ts";
import { Refusal } from "./refusal.ts";

/** Where the live system looks for its config. */
export const ignitionPath = "config.ign";

/** The config that is embedded in the image, or undefined. */
export function embeddedIgnition(image: Image): Uint8Array | undefined {
  return areaFiles(image).get(ignitionPath);
}

/**
 * What to write into the image so that it holds `config`, whose bytes are not looked at. Other
 * embedded files, such as network settings, stay. An image that holds a config already is a
 * mistake, unless `force` says to replace it.
 */
export function embedIgnition(
  image: Image,
  config: Uint8Array,
  options: { readonly force: boolean },
): readonly Patch[] {
  const files = areaFiles(image);
  if (!options.force) requireWithoutIgnition(image, files);
  return [areaPatch(image, new Map([...files, [ignitionPath, config]]))];
}

/** What to write into the image so that it holds no config; its other embedded files stay. */
export function removeIgnition(image: Image): readonly Patch[] {
  const files = new Map(areaFiles(image));
  files.delete(ignitionPath);
  return [areaPatch(image, files)];
}

/** Refuses an image that holds a config; `files` are those of its embed area. */
export function requireWithoutIgnition(image: Image, files: Files): void {
  if (!files.has(ignitionPath)) return;
  const message =
    "The image already has an embedded Ignition config. " +
    "Start from an image as it was downloaded, or replace it with --force.";
  throw new Refusal(image.name, message, [
    "This ISO image already has an embedded Ignition config; use -f to force.",
  ]);
}
