/**
 * The files inside of an image's embed area. The whole area is one archive, so whoever changes one
 * file writes all of them: read, change, write.
 */
import { readExtent } from "../formats/bytes.ts";
import type { Patch } from "../formats/bytes.ts";
import type { Files } from "../formats/cpio.ts";
import { packInitramfs, unpackInitramfs } from "../formats/initramfs.ts";
import { InputError } from "../../fleet/mistakes.ts";
import { blaming } from "./image.ts";
import type { Image } from "./image.ts";

/**
 * An area of 256 KiB can hold a thousand times as much, if it repeats itself. The live system has
 * no use for more than this, and a damaged area must not fill the memory.
 */
export const filesBytesMax = 32 * 1_048_576;

const freshImage = "Start from a fresh download of the image.";

/** Empty for an image as it was downloaded. */
export function areaFiles(image: Image): Files {
  return blaming(image.name, `The area for an Ignition config is damaged. ${freshImage}`, () => {
    const bytes = readExtent(image.volume.source, image.ignitionArea, "The embed area");
    return unpackInitramfs(bytes, filesBytesMax);
  });
}

/** The whole area anew. Files that don't fit are an `InputError` that says by how much. */
export function areaPatch(image: Image, files: Files): Patch {
  const { offset, length } = image.ignitionArea;
  let unpackedBytes = 0;
  for (const data of files.values()) unpackedBytes += data.length;
  if (unpackedBytes > filesBytesMax) {
    throw tooLarge(image, `is ${unpackedBytes - filesBytesMax} bytes too large`, [
      `it has ${unpackedBytes} bytes`,
      `and at most ${filesBytesMax} are unpacked`,
    ]);
  }
  const packed = packInitramfs(files, length);
  if (packed.length > length) {
    throw tooLarge(image, `is ${packed.length - length} bytes too large`, [
      `it has ${unpackedBytes} bytes, compressed ${packed.length}`,
      `and the area has ${length}`,
    ]);
  }
  const bytes = new Uint8Array(length);
  bytes.set(packed);
  return { offset, bytes };
}

function tooLarge(image: Image, verdict: string, figures: readonly string[]): InputError {
  const message =
    `The Ignition config ${verdict} for the image: ${figures.join(", ")}. ` +
    "Make it smaller: let the device fetch large files by URL.";
  return new InputError([{ file: image.name, message }]);
}
