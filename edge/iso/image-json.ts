/** The small JSON files of an image: what they say, and how they are read. */
import { z } from "zod";
import { FormatError } from "../formats/bytes.ts";

/** Names the file of the embed area, in images since March 2023. */
export const areaPointerPath = "COREOS/IGNINFO.JSO";
/** What the live system can do, in images since December 2021. */
export const featuresPath = "COREOS/FEATURES.JSO";

/** Where the live system's kernel arguments are, in images since September 2021. */
export const argumentAreasPath = "COREOS/KARGS.JSO";

export interface AreaPointer {
  readonly file: string;
  readonly offset?: number | null | undefined;
  readonly length?: number | null | undefined;
}

export interface ImageFeatures {
  readonly "installer-config"?: boolean | undefined;
  readonly "installer-config-directives"?: { readonly console?: boolean | undefined } | undefined;
  readonly "live-initrd-network"?: boolean | undefined;
}

export interface ArgumentAreas {
  /** The arguments of the image as it was downloaded. */
  readonly default: string;
  readonly files: readonly {
    readonly path: string;
    readonly offset: number;
    /** Fills the rest of the area. @default # */
    readonly pad?: string | undefined;
    /** Follows the arguments. @default a line feed */
    readonly end?: string | undefined;
  }[];
  /** Bytes of each area. */
  readonly size: number;
}

/**
 * Reads each of the files; damage is a `FormatError`. `flotilla iso` has readers of its own, with
 * the errors of coreos-installer.
 */
export interface ImageJson {
  readonly areaPointer: (bytes: Uint8Array) => AreaPointer;
  readonly features: (bytes: Uint8Array) => ImageFeatures;
  readonly argumentAreas: (bytes: Uint8Array) => ArgumentAreas;
}

const count = z.int().nonnegative().nullish();
const areaPointer = z.object({ file: z.string(), offset: count, length: count });
const flag = z.boolean().optional();
const features = z.object({
  "installer-config": flag,
  "installer-config-directives": z.object({ console: flag }).optional(),
  "live-initrd-network": flag,
});

const oneCharacter = z.string().length(1).optional();
const argumentAreas = z.object({
  default: z.string().default(""),
  files: z.array(
    z.object({
      path: z.string(),
      offset: z.int().nonnegative(),
      pad: oneCharacter,
      end: oneCharacter,
    }),
  ),
  size: z.int().min(1),
});

/** Unknown keys are ignored: a later release may add some. */
export const imageJson: ImageJson = {
  areaPointer: (bytes) =>
    parse(areaPointerPath, bytes, areaPointer, "Expected {file, offset?, length?}"),
  features: (bytes) => parse(featuresPath, bytes, features, "Expected an object of flags"),
  argumentAreas: (bytes) =>
    parse(argumentAreasPath, bytes, argumentAreas, "Expected {default, files, size}"),
};

function parse<Value>(
  path: string,
  bytes: Uint8Array,
  schema: z.ZodType<Value>,
  expected: string,
): Value {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new FormatError(`${path} is damaged: it is not valid JSON.`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new FormatError(`${path} is damaged. ${expected}.`, { cause: result.error });
}
