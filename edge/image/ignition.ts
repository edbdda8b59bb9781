/** The Ignition config of a live image: what `coreos-installer iso ignition` embeds and shows. */
import type { Patch } from "../formats/bytes.ts";
import { InputError } from "../../fleet/mistakes.ts";
import { areaFiles, areaPatch } from "./area.ts";
import type { Image } from "./image.ts";

const configPath = "config.ign";

/** The config that is embedded in the image, or undefined. */
export function embeddedIgnition(image: Image): Uint8Array | undefined {
  return areaFiles(image).get(configPath);
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
  if (files.has(configPath) && !options.force) {
    const message =
      "The image already has an embedded Ignition config. " +
      "Start from an image as it was downloaded, or replace it with --force.";
    throw new InputError([{ file: image.name, message }]);
  }
  return [areaPatch(image, new Map([...files, [configPath, config]]))];
}
