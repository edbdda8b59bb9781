/** The content of a request: its body, decompressed. */
import { gunzipSync } from "node:zlib";
import { readBytes } from "../shared/body.ts";
import { decompress, decompressedLength } from "@stablelib/snappy";
import { bodyBytesMax, contentBytesMax } from "./limits.ts";
import { Refusal } from "./refusal.ts";

/** @param length as the device announces it: Node reads no more than that */
export function bodyLength(length: string | undefined): number {
  const bytes = Number(length ?? Infinity);
  if (!(bytes <= bodyBytesMax)) throw new Refusal(400, "more than 4 MiB in one request");
  return bytes;
}

export function readBody(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  return readBytes(parts, bodyBytesMax);
}

/** @param encoding gzip, or snappy in its block format */
export function contentOf(body: Buffer, encoding: string | undefined): Uint8Array {
  if (encoding !== "snappy" && encoding !== "gzip") {
    throw new Refusal(400, "the encoding is not snappy or gzip");
  }
  try {
    if (encoding === "gzip") return gunzipSync(body, { maxOutputLength: contentBytesMax });
    const length = decompressedLength(body);
    if (length <= contentBytesMax) return decompress(body, new Uint8Array(length));
  } catch {
    throw new Refusal(400, `the ${encoding} is damaged, or more than 8 MiB`);
  }
  throw new Refusal(400, "more than 8 MiB in one request");
}
