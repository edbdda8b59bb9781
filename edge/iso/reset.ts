/** A live image without what was written into it. */
import type { Patch } from "../formats/bytes.ts";
import { areaPatch } from "./area.ts";
import type { Image } from "./image.ts";
import { kernelArgumentPatches, readKernelArguments } from "./kernel-arguments.ts";

/** What to write so that the image is as it was downloaded. */
export function resetPatches(image: Image): readonly Patch[] {
  const patches = [areaPatch(image, new Map())];
  const kernelArguments = readKernelArguments(image);
  if (kernelArguments === undefined) return patches;
  const { original } = kernelArguments;
  return [...patches, ...kernelArgumentPatches(image, kernelArguments, original)];
}
