/**
 * An Ignition configuration inside a Butane one (`inline` in `ignition.config.merge` or `replace`). It
 * is checked like the output if it has the same version.
 */
import { configuration } from "./fields.ts";
import { mistakeInJson } from "./go-json.ts";
import type { Json, JsonObject } from "./json.ts";
import { nodeOf, type Path } from "./node.ts";
import { fieldsOf, type ListType, type Shape, type Type } from "./schema.ts";
import type { ConfigCheck } from "./source-checks.ts";
import { isSemanticVersion, type Version, versionOfIgnition } from "./versions.ts";
import { checkOutput, findDuplicates, findUnusedKeys } from "./walks.ts";

export function configCheck(version: Version): ConfigCheck {
  return (text, find, findAnywhere) => {
    const mistake = mistakeInJson(text);
    const config = mistake === undefined ? conformed(JSON.parse(text), version) : mistake;
    if (typeof config === "string") {
      findAnywhere([], config);
      find(["inline"], "config is not valid");
      return;
    }
    const written = String((config["ignition"] as JsonObject | undefined)?.["version"] ?? "");
    if (isSemanticVersion(written) && written !== version.ignition) {
      const message =
        "skipping validation for the merge/replace ignition config due to an unkown version";
      find(["version"], message, "warning");
      return;
    }
    const note = (kind: "error" | "warning", path: Path, message: string) =>
      findAnywhere(path, message, kind);
    checkOutput(configuration, config, version, note);
    findDuplicates(configuration, config, version, note);
    findUnusedKeys(configuration, config, nodeOf(JSON.parse(text)), version, note, "output");
  };
}

/** Reads a configuration inside the device's, as Ignition does; absent if it is not valid. */
export function readConfig(text: string): {
  readonly config?: JsonObject;
  readonly mistakes: readonly { readonly path: Path; readonly message: string }[];
} {
  const refused = (message: string, path: Path = []) => ({ mistakes: [{ path, message }] });
  const mistake = mistakeInJson(text);
  if (mistake !== undefined) return refused(mistake);
  const value: unknown = JSON.parse(text);
  const name = (value as { ignition?: { version?: unknown } } | null)?.ignition?.version;
  const version = typeof name === "string" ? versionOfIgnition(name) : undefined;
  if (version === undefined) {
    return refused(`expected 3.0.0 to 3.6.0, found ${JSON.stringify(name)}`, [
      "ignition",
      "version",
    ]);
  }
  const config = conformed(value, version);
  if (typeof config === "string") return refused(config);
  const mistakes: { path: Path; message: string }[] = [];
  const note = (kind: "error" | "warning", path: Path, message: string) => {
    if (kind === "error") mistakes.push({ path, message });
  };
  checkOutput(configuration, config, version, note);
  findDuplicates(configuration, config, version, note);
  return { config, mistakes };
}

/** The object with the fields that Ignition knows, or an error. */
function conformed(value: unknown, { minor }: Version): JsonObject | string {
  try {
    const config = (conform(configuration, value, minor, []) ?? {}) as JsonObject;
    const ignition = config["ignition"] ?? { version: "" };
    return { ignition, ...config };
  } catch (error) {
    if (error instanceof Mismatch) return error.message;
    throw error;
  }
}

class Mismatch extends Error {}

function conform(
  type: Type,
  value: unknown,
  minor: number,
  path: readonly string[],
): Json | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof type === "object" && "fields" in type) return conformObject(type, value, minor, path);
  if (typeof type === "object") {
    if (!Array.isArray(value)) throw mismatch(value, type, path);
    const items = type.items;
    return value.map((item) => conform(items, item, minor, path) ?? (items === "string" ? "" : {}));
  }
  const expected = { string: "string", integer: "number", boolean: "boolean" }[type];
  const fits = typeof value === expected && (type !== "integer" || Number.isInteger(value));
  if (!fits) throw mismatch(value, type, path);
  return value as Json;
}

function conformObject(shape: Shape, value: unknown, minor: number, path: readonly string[]): Json {
  if (typeof value !== "object" || Array.isArray(value)) throw mismatch(value, shape, path);
  const object: Record<string, Json> = {};
  for (const { output, type, written } of fieldsOf(shape, minor).all) {
    if (output === null) continue;
    const field = (value as Record<string, unknown>)[output];
    const found = conform(type, field, minor, [...path, output]);
    const isEmpty = found === undefined || (written === "filled" && (found === "" || found === 0));
    if (!isEmpty) object[output] = found;
    else if (written === "always") object[output] = "";
  }
  return object;
}

function mismatch(value: unknown, type: Type, path: readonly string[]): Mismatch {
  const found = Array.isArray(value) ? "array" : value === Object(value) ? "object" : shown(value);
  const wanted = goType(type);
  const place = path.length === 0 ? "value" : `struct field Config.${path.join(".")}`;
  return new Mismatch(`json: cannot unmarshal ${found} into Go ${place} of type ${wanted}`);
}

function shown(value: unknown): string {
  if (typeof value === "boolean") return "bool";
  return typeof value === "number" && !Number.isInteger(value) ? `number ${value}` : typeof value;
}

function goType(type: Type | ListType): string {
  if (typeof type === "string") return { string: "string", integer: "int", boolean: "bool" }[type];
  if ("fields" in type) return `types.${type.name}`;
  if (type.name !== undefined) return `types.${type.name}`;
  if (type.items !== "string") return `[]types.${type.items.name}`;
  return type.itemName === "string" ? "[]string" : `[]types.${type.itemName}`;
}
