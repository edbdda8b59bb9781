/** What the live system of an image can do. */
import { featuresPath } from "./image-json.ts";
import { readImageFile } from "./image.ts";
import type { Image } from "./image.ts";
import { blaming } from "./refusal.ts";

export interface Features {
  /** The installer reads `/etc/coreos/installer.d`. */
  readonly installerConfig: boolean;
  /** Files in `/etc/coreos/installer.d` may name consoles. */
  readonly installerConsole: boolean;
  /** The initrd reads network settings from the embed area. */
  readonly liveNetwork: boolean;
}

/** All false if the image does not say. */
export function readFeatures(image: Image): Features {
  const blame = {
    file: image.name,
    remedy: "Start from a fresh download of the image.",
    context: ["parsing OS features"],
  };
  const found = blaming(blame, () => {
    const bytes = readImageFile(image.volume, featuresPath);
    return bytes === undefined ? {} : image.json.features(bytes);
  });
  return {
    installerConfig: found["installer-config"] ?? false,
    installerConsole: found["installer-config-directives"]?.console ?? false,
    liveNetwork: found["live-initrd-network"] ?? false,
  };
}
