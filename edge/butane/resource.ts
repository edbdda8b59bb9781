/**
 * Contents that Butane has inline and Ignition as a data URL.
 */
import { encodeContents, escapedContents } from "./data-url.ts";
import type { JsonObject } from "./json.ts";
import type { Version } from "./versions.ts";

/** A Butane object's own fields, by Butane's names. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a shape makes of its fields beyond copying them. */
export interface Completed {
  /** Output fields that replace or join the copied ones. */
  readonly output: JsonObject;
  /** The Butane field that each of them came from, for the report. */
  readonly origins: Readonly<Record<string, string>>;
}

/** A mistake in the source that makes completing pointless: the field, and what is wrong with it. */
export interface Refused {
  readonly field: string;
  readonly refused: string;
}

export type Completion = (fields: Fields, version: Version) => Completed | Refused | undefined;

/** The first minor version of fcos whose contents say how they are compressed. */
const compressionSince = 1;

export function completeResource(fields: Fields, version: Version): ReturnType<Completion> {
  const { inline, source, compression } = fields;
  if (typeof inline !== "string") return undefined;
  if (source !== undefined) {
    const refused = "only one of the following can be set: inline, local, source";
    return { field: "source", refused };
  }
  const origins = { source: "inline" };
  if (version.minor < compressionSince) {
    return { output: { source: escapedContents(inline) }, origins };
  }
  const compressed = compression !== undefined && compression !== "";
  const encoded = encodeContents(inline, !compressed);
  if (compressed) return { output: { source: encoded.source }, origins };
  return {
    output: { compression: encoded.gzipped ? "gzip" : "", source: encoded.source },
    origins: { ...origins, compression: "inline" },
  };
}
