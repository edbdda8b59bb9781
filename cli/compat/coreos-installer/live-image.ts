/** A live image with everything that `coreos-installer iso` reads before it changes anything. */
import type { ByteSource } from "../../../edge/formats/bytes.ts";
import type { Files } from "../../../edge/formats/cpio.ts";
import { areaFiles } from "../../../edge/iso/area.ts";
import { openImage } from "../../../edge/iso/image.ts";
import type { Image } from "../../../edge/iso/image.ts";
import { readKernelArguments } from "../../../edge/iso/kernel-arguments.ts";
import type { KernelArguments } from "../../../edge/iso/kernel-arguments.ts";
import { installerJson } from "./image-json.ts";

export interface LiveImage extends Image {
  /** The embedded files. */
  readonly files: Files;
  /** Undefined if the image has no areas for them. */
  readonly kernelArguments: KernelArguments | undefined;
}

export function openLiveImage(name: string, source: ByteSource): LiveImage {
  const image = openImage(name, source, installerJson);
  const files = areaFiles(image);
  return { ...image, files, kernelArguments: readKernelArguments(image) };
}
