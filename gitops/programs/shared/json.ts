/**
 * Reads JSON from outside in bounded memory. A small text can become large objects: 8 MiB of `{}` take
 * half a gigabyte. So the values and the depth are counted before anything is parsed.
 */
import { textOf } from "./text.ts";

export interface JsonLimits {
  /** Values in the whole text. */
  readonly valuesMax: number;
  /** Objects and arrays inside each other. */
  readonly depthMax: number;
}

/** Something from outside exceeds a limit. */
export class TooLarge extends Error {}

/** @throws TooLarge, or an Error that quotes nothing: the text may hold a Secret */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  checkSize(bytes, limits);
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    throw new Error("the answer is not JSON");
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object; undefined if the value is not one. */
export function fieldsOf(value: unknown): Fields | undefined {
  const isFields = typeof value === "object" && value !== null && !Array.isArray(value);
  return isFields ? (value as Fields) : undefined;
}

const [quote, backslash, comma, openArray, closeArray, openObject, closeObject] = Buffer.from(
  '"\\,[]{}',
) as unknown as [number, number, number, number, number, number, number];

/** Every value but the first of an array or object follows a comma or an opening bracket. */
function checkSize(bytes: Uint8Array, { valuesMax, depthMax }: JsonLimits): void {
  let values = 1;
  let depth = 0;
  let isText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (isText) {
      if (byte === backslash) index++;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === comma) values++;
    else if (byte === openArray || byte === openObject) {
      values++;
      depth++;
    } else if (byte === closeArray || byte === closeObject) depth--;
    if (depth > depthMax) throw new TooLarge(`the answer is nested deeper than ${depthMax} levels`);
    if (values > valuesMax) throw new TooLarge(`the answer has more than ${valuesMax} values`);
  }
}
