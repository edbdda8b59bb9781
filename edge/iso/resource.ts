/**
 * Contents in an Ignition config: a data URL (RFC 2397), perhaps of gzip. Other URLs are for the
 * device to fetch and have no contents here.
 */
import { FormatError } from "../formats/bytes.ts";
import { gzipGo } from "../formats/deflate.ts";
import { gunzip } from "../formats/gzip.ts";

export interface Resource {
  readonly compression?: string | null;
  readonly source?: string | null;
}

/** As coreos-installer writes what it embeds. The bytes are equal on every machine. */
export function gzipResource(data: Uint8Array): Resource {
  const packed = Buffer.from(gzipGo(data)).toString("base64");
  return { compression: "gzip", source: `data:;base64,${packed}` };
}

/** Undefined if it is not a data URL; damaged or longer than `lengthMax` is a `FormatError`. */
export function resourceContents(resource: Resource, lengthMax: number): Uint8Array | undefined {
  const [, parameters, body] = /^data:([^,]*),([\s\S]*)$/.exec(resource.source ?? "") ?? [];
  if (parameters === undefined || body === undefined) return undefined;
  const bytes = parameters.endsWith(";base64")
    ? Buffer.from(body, "base64")
    : Buffer.from(unescaped(body), "utf8");
  return resource.compression === "gzip" ? gunzip(bytes, lengthMax).bytes : bytes;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new FormatError("A data URL of the Ignition config has a damaged escape.");
  }
}
