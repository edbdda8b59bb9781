/**
 * Checks JSON against a shape: the fields of an object, their types, and which absent ones are written.
 * Shape, order and errors are those of serde, with which coreos-installer reads and writes JSON.
 */
import { FormatError } from "../../../edge/formats/bytes.ts";
import { jsonError } from "./json.ts";
import type { JsonValue } from "./json.ts";

export type Type = "string" | "integer" | "count" | "boolean" | "character" | ListType | Shape;

export interface ListType {
  readonly items: Type;
  /** Items may be null, and stay null. */
  readonly nullable?: boolean;
}

export interface Field {
  readonly name: string;
  readonly type: Type;
  /**
   * What happens to a field that is absent or null. `required`: an error. `null`: written as null.
   * `omitted`: not written. `defaulted`: not written, and null is an error.
   */
  readonly absent: "required" | "null" | "omitted" | "defaulted";
}

/** Fields are in the order in which they are written. */
export interface Shape {
  readonly name: string;
  readonly fields: readonly Field[];
}

export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject;

export interface PlainObject {
  readonly [key: string]: Plain;
}

export interface Shaped {
  readonly value: PlainObject;
  /** Paths of unknown keys, `$.storage.files.0.colour`, in their order. */
  readonly unused: readonly string[];
}

/**
 * Checks `root`, which was read from `bytes`, against `shape`. Integers above 2^53 lose digits; no
 * field here needs them.
 *
 * @param readBehind how many bytes the reader is past the start of an array or object: 0 if serde
 *   reads from memory, 1 if from a file
 */
export function fitJson(
  bytes: Uint8Array,
  root: JsonValue,
  shape: Shape,
  readBehind: 0 | 1 = 0,
): Shaped {
  const unused: string[] = [];
  const fitting: Fitting = { bytes, unused, readBehind };
  return { value: fitObject(fitting, root, shape, "$"), unused };
}

interface Fitting {
  readonly bytes: Uint8Array;
  readonly unused: string[];
  readonly readBehind: number;
}

function fitObject(fitting: Fitting, value: JsonValue, shape: Shape, path: string): PlainObject {
  if (value.kind === "array") return fitSequence(fitting, value, shape, path);
  if (value.kind !== "object") throw wrongType(fitting, value, `struct ${shape.name}`);
  const found = new Map<string, Plain>();
  for (const { key, value: item, keyEnd } of value.fields) {
    const field = shape.fields.find(({ name }) => name === key);
    if (field === undefined) {
      fitting.unused.push(`${path}.${key}`);
      continue;
    }
    if (found.has(key)) throw jsonError(fitting.bytes, `duplicate field \`${key}\``, keyEnd);
    const mayBeNull = field.absent === "null" || field.absent === "omitted";
    const isAbsent = item.kind === "null" && mayBeNull;
    found.set(key, isAbsent ? null : fit(fitting, item, field.type, `${path}.${key}`));
  }
  const result: Record<string, Plain> = {};
  for (const { name, absent } of shape.fields) {
    const item = found.get(name);
    if (item === undefined && absent === "required") {
      throw jsonError(fitting.bytes, `missing field \`${name}\``, value.end);
    }
    if (item !== undefined && item !== null) result[name] = item;
    else if (absent === "null") result[name] = null;
  }
  return result;
}

/** serde also accepts an object's fields as an array, without their names. */
function fitSequence(
  fitting: Fitting,
  value: JsonValue & { readonly kind: "array" },
  shape: Shape,
  path: string,
): PlainObject {
  const result: Record<string, Plain> = {};
  for (const [index, field] of shape.fields.entries()) {
    const item = value.items[index];
    if (item === undefined) {
      const { length } = shape.fields;
      const expected = `struct ${shape.name} with ${length} element${length === 1 ? "" : "s"}`;
      throw jsonError(fitting.bytes, `invalid length ${index}, expected ${expected}`, value.end);
    }
    const mayBeNull = field.absent === "null" || field.absent === "omitted";
    if (item.kind !== "null" || !mayBeNull) {
      result[field.name] = fit(fitting, item, field.type, `${path}.${index}`);
    } else if (field.absent === "null") result[field.name] = null;
  }
  return result;
}

function fit(fitting: Fitting, value: JsonValue, type: Type, path: string): Plain {
  if (typeof type === "object" && "fields" in type) return fitObject(fitting, value, type, path);
  if (typeof type === "object") {
    if (value.kind !== "array") throw wrongType(fitting, value, "a sequence");
    return value.items.map((item, index) =>
      type.nullable && item.kind === "null"
        ? null
        : fit(fitting, item, type.items, `${path}.${index}`),
    );
  }
  if (type === "string" || type === "character") {
    const expected = type === "string" ? "a string" : "a character";
    if (value.kind !== "string") throw wrongType(fitting, value, expected);
    if (type === "string" || [...value.value].length === 1) return value.value;
    throw jsonError(
      fitting.bytes,
      `invalid value: string ${JSON.stringify(value.value)}, expected a character`,
      value.end,
    );
  }
  if (type === "boolean") {
    if (value.kind !== "boolean") throw wrongType(fitting, value, "a boolean");
    return value.value;
  }
  return integer(fitting, value, type);
}

function integer(fitting: Fitting, value: JsonValue, type: "integer" | "count"): number {
  const expected = type === "integer" ? "i64" : "u64";
  if (value.kind !== "number" || /[.eE]/.test(value.text)) {
    throw wrongType(fitting, value, expected);
  }
  const number = BigInt(value.text);
  const [least, most] = type === "integer" ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  if (number >= least && number <= most) return Number(number);
  const isFloat = number < -(2n ** 63n) || number >= 2n ** 64n;
  throw isFloat
    ? wrongType(fitting, value, expected)
    : jsonError(
        fitting.bytes,
        `invalid value: integer \`${value.text}\`, expected ${expected}`,
        value.end,
      );
}

function wrongType(fitting: Fitting, value: JsonValue, expected: string): FormatError {
  const isOpen = value.kind === "array" || value.kind === "object";
  const offset = isOpen ? value.start + fitting.readBehind : value.end;
  return jsonError(fitting.bytes, `invalid type: ${shown(value)}, expected ${expected}`, offset);
}

function shown(value: JsonValue): string {
  switch (value.kind) {
    case "null":
      return "null";
    case "boolean":
      return `boolean \`${value.value}\``;
    case "number":
      return /[.eE]/.test(value.text)
        ? `floating point \`${decimal(Number(value.text))}\``
        : `integer \`${value.text}\``;
    case "string":
      return `string ${JSON.stringify(value.value)}`;
    case "array":
      return "sequence";
    case "object":
      return "map";
  }
}

function decimal(number: number): string {
  return Number.isInteger(number) ? `${number}.0` : String(number);
}
