/** How much of an image's embed area a configuration takes: known exactly before any is written. */
import type { Files } from "../formats/cpio.ts";
import { packInitramfs } from "../formats/initramfs.ts";
import { largestContents } from "./contents.ts";
import type { Content } from "./contents.ts";
import type { Image } from "./image.ts";

/** Every live ISO of Fedora CoreOS since 2020 has an area of this length. */
export const embedAreaBytes = 262_144;

export interface EmbedBudget {
  /** What the files take, compressed. */
  readonly usedBytes: number;
  readonly areaBytes: number;
  /** Below zero where they don't fit. */
  readonly leftBytes: number;
  /** The largest of what the files are made of, uncompressed, the largest first; at most five. */
  readonly largest: readonly Content[];
}

/** `area` is an image, or the length of an area in bytes. */
export function embedBudget(area: Image | number, files: Files): EmbedBudget {
  const areaBytes = typeof area === "number" ? area : area.ignitionArea.length;
  const usedBytes = files.size === 0 ? 0 : packInitramfs(files, areaBytes).length;
  return {
    usedBytes,
    areaBytes,
    leftBytes: areaBytes - usedBytes,
    largest: largestContents(files),
  };
}
