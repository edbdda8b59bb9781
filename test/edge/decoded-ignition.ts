/**
 * Ignition as a reviewer reads it: indented, modes in octal, contents decoded and split into lines,
 * and the configurations inside it decoded in the same way. How contents were encoded is noted,
 * the exact bytes are not: golden/edge/sha256.txt holds those.
 */
import { gunzipSync } from "node:zlib";

/** @param ignition a configuration as text */
export function decodedIgnition(ignition: string): string {
  return `${JSON.stringify(decoded(JSON.parse(ignition)), undefined, 2)}\n`;
}

function decoded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== "object" || value === null) return value;
  const { source, compression, ...rest } = value as Readonly<Record<string, unknown>>;
  if (typeof source === "string" && source.startsWith("data:")) {
    const [encoding, text] = textOf(source, compression === "gzip");
    return { ...rest, encoding, ...contentsOf(text) };
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === "mode" && typeof item === "number") return [key, octal(item)];
      if (key === "contents" && typeof item === "string") return [key, item.split("\n")];
      return [key, decoded(item)];
    }),
  );
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** Data URLs of Ignition have no media type. */
function textOf(source: string, isGzip: boolean): [encoding: string, text: string] {
  const body = source.slice(source.indexOf(",") + 1);
  if (!source.startsWith("data:;base64,")) return ["escaped", decodeURIComponent(body)];
  const bytes = Buffer.from(body, "base64");
  return isGzip ? ["gzip", gunzipSync(bytes).toString()] : ["base64", bytes.toString()];
}

/** A configuration inside this one, or lines: the last one is empty if the text ends with one. */
function contentsOf(text: string): Readonly<Record<string, unknown>> {
  if (!text.startsWith('{"ignition"')) return { lines: text.split("\n") };
  return { ignition: decoded(JSON.parse(text)), endsWithLineBreak: text.endsWith("\n") };
}
