/** The JSON files of an image, read with the errors of coreos-installer 0.27.0. */
import type {
  AreaPointer,
  ArgumentAreas,
  ImageFeatures,
  ImageJson,
} from "../../../edge/iso/image-json.ts";
import { within } from "../../../edge/iso/context.ts";
import { fitJson } from "./json-shape.ts";
import type { PlainObject, Shape } from "./json-shape.ts";
import { parseJson } from "./json.ts";

const areaPointer: Shape = {
  name: "IgnInfo",
  fields: [
    { name: "file", type: "string", absent: "required" },
    { name: "offset", type: "count", absent: "omitted" },
    { name: "length", type: "count", absent: "omitted" },
  ],
};

/** A missing field with `absent: "defaulted"` counts as false. */
const directives: Shape = {
  name: "InstallerDirectives",
  fields: [{ name: "console", type: "boolean", absent: "defaulted" }],
};

const features: Shape = {
  name: "OsFeatures",
  fields: [
    { name: "installer-config", type: "boolean", absent: "defaulted" },
    { name: "installer-config-directives", type: directives, absent: "defaulted" },
    { name: "live-initrd-network", type: "boolean", absent: "defaulted" },
  ],
};

export const argumentAreasShape: Shape = {
  name: "KargEmbedInfo",
  fields: [
    { name: "default", type: "string", absent: "required" },
    {
      name: "files",
      absent: "required",
      type: {
        items: {
          name: "KargEmbedLocation",
          fields: [
            { name: "path", type: "string", absent: "required" },
            { name: "offset", type: "count", absent: "required" },
            { name: "pad", type: "character", absent: "omitted" },
            { name: "end", type: "character", absent: "omitted" },
          ],
        },
      },
    },
    { name: "size", type: "count", absent: "required" },
  ],
};

export const installerJson: ImageJson = {
  areaPointer: (bytes) =>
    within("decoding igninfo", () => fitted(bytes, areaPointer)) as unknown as AreaPointer,
  features: (bytes) => fitted(bytes, features) as ImageFeatures,
  argumentAreas: (bytes) =>
    within("decoding kargs embed area info", () =>
      fitted(bytes, argumentAreasShape),
    ) as unknown as ArgumentAreas,
};

/** coreos-installer reads these from a file, so its positions are one byte later. */
export function fitted(bytes: Uint8Array, shape: Shape): PlainObject {
  return fitJson(bytes, parseJson(bytes), shape, 1).value;
}
