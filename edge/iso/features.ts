/** What the live system of an image can do: `COREOS/FEATURES.JSO`, in images since 2021-12. */
import { parseJson } from "../formats/json.ts";
import { fitJson } from "../formats/json-shape.ts";
import type { Shape } from "../formats/json-shape.ts";
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

const featuresPath = "COREOS/FEATURES.JSO";

/** `absent: "defaulted"` is false. */
const directives: Shape = {
  name: "InstallerDirectives",
  fields: [{ name: "console", type: "boolean", absent: "defaulted" }],
};

const shape: Shape = {
  name: "OsFeatures",
  fields: [
    { name: "installer-config", type: "boolean", absent: "defaulted" },
    { name: "installer-config-directives", type: directives, absent: "defaulted" },
    { name: "live-initrd-network", type: "boolean", absent: "defaulted" },
  ],
};

interface Found {
  readonly "installer-config"?: boolean;
  readonly "installer-config-directives"?: { readonly console?: boolean };
  readonly "live-initrd-network"?: boolean;
}

/** All false where the image doesn't say. */
export function readFeatures(image: Image): Features {
  const blame = {
    file: image.name,
    remedy: "Start from a fresh download of the image.",
    context: ["parsing OS features"],
  };
  const found = blaming(blame, (): Found => {
    const bytes = readImageFile(image.volume, featuresPath);
    return bytes === undefined ? {} : fitJson(bytes, parseJson(bytes), shape, 1).value;
  });
  return {
    installerConfig: found["installer-config"] ?? false,
    installerConsole: found["installer-config-directives"]?.console ?? false,
    liveNetwork: found["live-initrd-network"] ?? false,
  };
}
