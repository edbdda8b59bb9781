/** Network settings of the live system: NetworkManager keyfiles in the embed area. */
import type { Patch } from "../../../edge/formats/bytes.ts";
import type { Files } from "../../../edge/formats/cpio.ts";
import { areaPatch } from "../../../edge/iso/area.ts";
import { readFeatures } from "../../../edge/iso/features.ts";
import { liveKeyfileFolder, liveKeyfilePath } from "../../../edge/iso/live-keyfiles.ts";
import { Refusal } from "../../../edge/iso/refusal.ts";
import type { LiveImage } from "./live-image.ts";

/** A file of the user: its path for messages, its name without folders. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
}

export const noNetworkSupport = "This OS image does not support customizing network settings.";

/** The keyfiles in the embed area: path → contents, sorted by path. */
export function networkFiles(image: LiveImage): Files {
  return new Map(
    [...image.files].filter(([path]) => path.startsWith(liveKeyfileFolder)).toSorted(byPath),
  );
}

/**
 * What to write so that the image has exactly these keyfiles. Existing keyfiles are an error, unless
 * `force` is set.
 */
export function embedNetwork(
  image: LiveImage,
  keyfiles: readonly NamedFile[],
  options: { readonly force: boolean; readonly read: (file: NamedFile) => Uint8Array },
): readonly Patch[] {
  if (!readFeatures(image).liveNetwork) throw new Refusal(image.name, noNetworkSupport);
  if (!options.force && networkFiles(image).size > 0) {
    const message = "This ISO image already has embedded network settings; use -f to force.";
    throw new Refusal(image.name, message);
  }
  const files = withoutNetwork(image);
  for (const keyfile of keyfiles) {
    const data = options.read(keyfile);
    const path = liveKeyfilePath(keyfile.name);
    if (files.has(path)) {
      throw new Refusal(keyfile.path, `multiple input files named '${keyfile.name}'`);
    }
    files.set(path, data);
  }
  return [areaPatch(image, files)];
}

export function removeNetwork(image: LiveImage): readonly Patch[] {
  return [areaPatch(image, withoutNetwork(image))];
}

function withoutNetwork(image: LiveImage): Map<string, Uint8Array> {
  return new Map([...image.files].filter(([path]) => !path.startsWith(liveKeyfileFolder)));
}

function byPath([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
