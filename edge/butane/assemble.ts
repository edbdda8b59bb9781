/**
 * Makes Ignition's objects from Butane's fields: it walks over the schema once and copies each field to
 * the field with the same meaning. What other features add is in the other files.
 */
import type { Json, JsonObject } from "./json.ts";
import type { LocalFiles } from "../../fleet/model/local-files.ts";
import type { Path, Trail } from "./node.ts";
import type { Origins } from "./origins.ts";
import { type Field, fieldsOf, type Shape } from "./schema.ts";
import type { Fields } from "./source-checks.ts";
import type { Version } from "./versions.ts";

export interface AssemblyContext {
  readonly version: Version;
  readonly files: LocalFiles;
  readonly origins: Origins;
  readonly refuse: (path: Path, message: string) => void;
}

export function assemble(
  shape: Shape,
  fields: Fields,
  context: AssemblyContext,
  trail?: Trail,
): JsonObject {
  const output: Record<string, Json> = {};
  const completed = shape.complete?.(fields, context, trail);
  for (const field of fieldsOf(shape, context.version.minor).all) {
    if (field.output === null) continue;
    const own = completed?.output[field.output];
    const value = own === undefined ? fieldValue(field, fields, context, trail) : own;
    if (value !== undefined) output[field.output] = value;
  }
  if (completed !== undefined) context.origins.set(output, { parts: completed.parts });
  return output;
}

function fieldValue(
  { name, type, written }: Field,
  fields: Fields,
  context: AssemblyContext,
  parent: Trail | undefined,
): Json | undefined {
  const value = name === null ? undefined : fields[name];
  if (value === undefined) return written === "always" ? "" : undefined;
  if (typeof type !== "object" || name === null) return value as Json;
  const trail = { parent, step: name };
  if (!("items" in type)) {
    const object = assemble(type, value as Fields, context, trail);
    return Object.keys(object).length === 0 ? undefined : object;
  }
  const { items } = type;
  const list = value as readonly unknown[];
  if (list.length === 0) return undefined;
  if (items === "string") return list as readonly string[];
  return list.map((item, step) =>
    assemble(items, item as Fields, context, { parent: trail, step }),
  );
}
