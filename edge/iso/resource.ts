/**
 * Contents in an Ignition config: a data URL (RFC 2397), perhaps of gzip. Other URLs are for the
 * device to fetch and have no contents here.
 */
import { FormatError } from "../formats/bytes.ts";
import { gzipGo } from "../formats/deflate.ts";
import { gunzip, gzipMagic } from "../formats/gzip.ts";

export interface Resource {
  readonly compression?: string | null;
  readonly source?: string | null;
}

/** As coreos-installer writes what it embeds. The bytes are equal on every machine. */
export function gzipResource(data: Uint8Array): Resource {
  const packed = Buffer.from(gzipGo(data)).toString("base64");
  return { compression: "gzip", source: `data:;base64,${packed}` };
}

/** What is before the data of a URL. A parameter in quotes may contain commas. */
const header = /^data:((?:[^,"]|"(?:[^"\\]|\\[\s\S])*")*),/;

/** Undefined if it is not a data URL; damaged or longer than `lengthMax` is a `FormatError`. */
export function resourceContents(resource: Resource, lengthMax: number): Uint8Array | undefined {
  const source = resource.source ?? "";
  const [whole, parameters] = header.exec(source) ?? [];
  if (whole === undefined || parameters === undefined) return undefined;
  const body = source.slice(whole.length);
  const bytes = parameters.endsWith(";base64") ? Buffer.from(body, "base64") : unescaped(body);
  return resource.compression === "gzip" ? unpacked(bytes, lengthMax) : bytes;
}

/** The bytes of a text: what is escaped need not be UTF-8. */
function unescaped(text: string): Uint8Array {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) {
    throw new FormatError("A data URL of the Ignition config has a damaged escape.");
  }
  if (!text.includes("%")) return Buffer.from(text, "utf8");
  const parts = text.split(/((?:%[0-9a-fA-F]{2})+)/);
  return Buffer.concat(
    parts.map((part) =>
      part.startsWith("%") ? Buffer.from(part.replaceAll("%", ""), "hex") : Buffer.from(part),
    ),
  );
}

/** One member of gzip after the other, as Ignition reads them. */
function unpacked(bytes: Uint8Array, lengthMax: number): Uint8Array {
  const members: Uint8Array[] = [];
  let left = lengthMax;
  let rest = bytes;
  do {
    if (gzipMagic.some((byte, index) => rest[index] !== byte)) {
      throw new FormatError("The gzip data has a damaged header.");
    }
    const member = gunzip(rest, left);
    if (member.bytes.length > left) {
      throw new FormatError(`The gzip data holds more than ${lengthMax} bytes.`);
    }
    members.push(member.bytes);
    left -= member.bytes.length;
    rest = rest.subarray(member.consumedBytes);
  } while (rest.length > 0);
  return Buffer.concat(members);
}
