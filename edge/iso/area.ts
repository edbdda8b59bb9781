/**
 * The files inside an image's embed area. The whole area is one archive, so a
 * change of one file writes all of them: read, change, write.
 */
import { readExtent } from "../formats/bytes.ts";
import type { Patch } from "../formats/bytes.ts";
import type { Files } from "../formats/cpio.ts";
import { packInitramfs, unpackInitramfs } from "../formats/initramfs.ts";
import { largestContents } from "./contents.ts";
import type { Image } from "./image.ts";
import { blaming, Refusal } from "./refusal.ts";

/**
 * An area of 256 KiB can hold a thousand times as much, if it repeats itself. The live system has
 * no use for more than this, and a damaged area must not fill the memory.
 */
export const filesBytesMax = 32 * 1_048_576;

const freshImage = "Start from a fresh download of the image.";

/** Empty for an image as it was downloaded. */
export function areaFiles(image: Image): Files {
  const blame = {
    file: image.name,
    remedy: `The area for an Ignition config is damaged. ${freshImage}`,
    context: ["Unrecognized CoreOS ISO image.", "decoding initrd embed area"],
  };
  return blaming(blame, () => {
    const bytes = readExtent(image.volume.source, image.ignitionArea, "The embed area");
    return unpackInitramfs(bytes, filesBytesMax);
  });
}

/** The whole area, written again; empty if there are no files. Files that don't fit are a `Refusal`. */
export function areaPatch(image: Image, files: Files): Patch {
  const { offset, length } = image.ignitionArea;
  let unpackedBytes = 0;
  for (const data of files.values()) unpackedBytes += data.length;
  const packed = files.size === 0 ? new Uint8Array() : packWithin(length, unpackedBytes, files);
  if (packed === undefined || packed.length > length) {
    throw tooLarge(image, files, unpackedBytes, packed?.length);
  }
  const bytes = new Uint8Array(length);
  bytes.set(packed);
  return { offset, bytes };
}

function packWithin(
  lengthMax: number,
  unpackedBytes: number,
  files: Files,
): Uint8Array | undefined {
  return unpackedBytes > filesBytesMax ? undefined : packInitramfs(files, lengthMax);
}

function tooLarge(
  image: Image,
  files: Files,
  unpackedBytes: number,
  packedBytes: number | undefined,
): Refusal {
  const { length } = image.ignitionArea;
  const [excessBytes, figures] =
    packedBytes === undefined
      ? [unpackedBytes - filesBytesMax, `and at most ${filesBytesMax} are unpacked`]
      : [packedBytes - length, `compressed ${packedBytes}, and the area has ${length}`];
  const largest = largestContents(files)
    .map(({ path, bytes }) => `${path} (${bytes})`)
    .join(", ");
  const message =
    `The Ignition config is ${excessBytes} bytes too large for the image: ` +
    `it has ${unpackedBytes} bytes, ${figures}. The largest in it: ${largest}. ` +
    "Make them smaller, or let the device fetch them by URL.";
  return new Refusal(image.name, message, [
    `Compressed initramfs is too large: ${packedBytes ?? unpackedBytes} > ${length}`,
  ]);
}
