/**
 * The meaning of a plain YAML scalar in butane, whose YAML library (Go's yaml.v3) mixes YAML 1.1 and
 * 1.2. Observed with butane 0.29.0.
 */
import type { Scalar } from "./node.ts";
import { textOfBytes } from "./raw-bytes.ts";

const nothings: ReadonlySet<string> = new Set(["", "~", "null", "Null", "NULL"]);
const infinities = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
const booleans = /^(?:(true|True|TRUE)|false|False|FALSE)$/;
/** Words of YAML 1.1, with or without quotes: texts, unless the field is a boolean. */
const oldBooleans = /^(?:(y|Y|yes|Yes|YES|on|On|ON)|n|N|no|No|NO|off|Off|OFF)$/;

const radixes: readonly { readonly pattern: RegExp; readonly radix: number }[] = [
  { pattern: /^([-+]?)0[oO]?([0-7]+)$/, radix: 8 },
  { pattern: /^([-+]?)0[xX]([0-9a-fA-F]+)$/, radix: 16 },
  { pattern: /^([-+]?)0[bB]([01]+)$/, radix: 2 },
  { pattern: /^([-+]?)(0|[1-9][0-9]*)$/, radix: 10 },
];
const decimal = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const timestamp =
  /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}([.,]\d+)?(?<=\S)(Z|[-+]\d\d:\d\d)?)?$/;

const integerMax = 2 ** 63;

/** A value, with its tag as butane's errors show it. */
export interface Resolved {
  readonly tag: string;
  readonly value: string | number | boolean | undefined;
}

/** Stops the decoding. The message is without the library's name. */
export class DecodingError extends Error {}

/** Tags that decide how a value is read. Any other tag is kept, with the text as its value. */
const resolvable: ReadonlySet<string> = new Set([
  "!!bool",
  "!!float",
  "!!int",
  "!!null",
  "!!timestamp",
]);

/** @throws DecodingError if the text is not a value of its tag */
export function isNothing(scalar: Scalar): boolean {
  if (scalar.tag !== undefined) return resolve(scalar).value === undefined;
  return scalar.plain && nothings.has(scalar.text);
}

/** @throws DecodingError if the text is not a value of its tag */
export function resolve(scalar: Scalar): Resolved {
  const { tag, plain, text } = scalar;
  if (tag === "!!str" || (tag === undefined && !plain)) return { tag: "!!str", value: text };
  if (tag === "!!binary") return { tag, value: binary(text) };
  if (tag !== undefined && !resolvable.has(tag)) return { tag, value: text };
  const found = resolvePlain(text, tag);
  if (tag === undefined || found.tag === tag) return found;
  const isSmall = typeof found.value === "number" && found.value < integerMax;
  if (tag === "!!float" && found.tag === "!!int" && isSmall) return { tag, value: found.value };
  throw new DecodingError(`cannot decode ${found.tag} \`${text}\` as a ${tag}`);
}

function binary(text: string): string {
  const written = text.replaceAll(/[\r\n]/g, "");
  const bytes = Buffer.from(written, "base64");
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(written) && written.length % 4 === 0;
  if (!isBase64) throw new DecodingError("!!binary value contains invalid base64 data");
  return textOfBytes(bytes);
}

function resolvePlain(text: string, wanted?: string): Resolved {
  if (nothings.has(text)) return { tag: "!!null", value: undefined };
  const boolean = booleans.exec(text);
  if (boolean) return { tag: "!!bool", value: boolean[1] !== undefined };
  if (infinities.test(text)) return { tag: "!!float", value: Number.NaN };
  if (!/^[-+.\d]/.test(text)) return { tag: "!!str", value: text };
  const mayBeTime = wanted === undefined || wanted === "!!timestamp";
  if (mayBeTime && /^\d{4}-/.test(text) && timestamp.test(text))
    return { tag: "!!timestamp", value: text };
  const plain = text.startsWith(".") ? text : text.replaceAll("_", "");
  for (const { pattern, radix } of radixes) {
    const match = pattern.exec(plain);
    if (match === null) continue;
    const value = Number.parseInt(`${match[1]}${match[2]}`, radix);
    // A number of more than 64 bits is not an integer.
    if (value >= -integerMax && (value < integerMax || isUnsigned(match, radix)))
      return { tag: "!!int", value };
  }
  if (decimal.test(plain)) return { tag: "!!float", value: Number(plain) };
  return { tag: "!!str", value: text };
}

/** Whether a number that is too large for an exact double has at most 64 bits. */
function isUnsigned([, sign, digits]: RegExpExecArray, radix: number): boolean {
  const prefix = { 2: "0b", 8: "0o", 10: "", 16: "0x" }[radix] ?? "";
  return sign !== "+" && BigInt(`${prefix}${digits ?? ""}`) < 2n ** 64n;
}

export function booleanOf(scalar: Scalar): boolean | undefined {
  const { value } = resolve(scalar);
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? oldBooleans.exec(value) : null;
  return word === null ? undefined : word[1] !== undefined;
}

/** `0644`, `0o644`, `0x1a4`, `4_20`, `+420` and `420.9` are all 420; `0888` is 888. */
export function integerOf(scalar: Scalar): number | undefined {
  const { tag, value } = resolve(scalar);
  if (tag !== "!!int" && tag !== "!!float") return undefined;
  return typeof value === "number" && Math.abs(value) < integerMax
    ? Math.trunc(value) + 0
    : undefined;
}
