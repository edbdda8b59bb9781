/**
 * Schemas of the objects of a configuration, by the table of Butane's fields, for values that a program makes. Fields
 * that name local files are left out, because a program has no folder of files.
 */
import { z } from "zod";
import { configuration } from "./fields.ts";
import { fieldsOf, type Shape, type Type } from "./schema.ts";
import type { Version } from "./versions.ts";

/**
 * An object with the fields of a version, each of them optional. Other keys are mistakes.
 *
 * @param path to the object: `["systemd", "units"]`
 * @param own what replaces the schemas of some fields; these come first in messages
 * @param notObject the message on a value that is not an object @default it says what was found
 */
export function objectSchema(
  { minor }: Version,
  path: readonly string[],
  own: Readonly<Record<string, z.ZodType>>,
  notObject?: string,
): z.ZodObject {
  const shape = path.reduce((above, name) => shapeBelow(above, name, minor), configuration);
  return schemaOf(shape, minor, own, notObject);
}

function shapeBelow(above: Shape, name: string, minor: number): Shape {
  const found = fieldsOf(above, minor).branches.name.find((branch) => branch.name === name);
  if (found === undefined) throw new Error(`Butane has no ${name} in ${above.name}`);
  return found.shape;
}

function schemaOf(
  shape: Shape,
  minor: number,
  own: Readonly<Record<string, z.ZodType>> = {},
  notObject?: string,
): z.ZodObject {
  const fields = fieldsOf(shape, minor).all.flatMap(({ name, type }) =>
    name === null || /(^|_)local$/.test(name) || Object.hasOwn(own, name)
      ? []
      : [[name, typeSchema(type, minor).optional()] as const],
  );
  return z.strictObject(
    { ...own, ...Object.fromEntries(fields) },
    { error: ({ code }) => (code === "invalid_type" ? notObject : undefined) },
  );
}

function typeSchema(type: Type, minor: number): z.ZodType {
  if (type === "string") return z.string();
  if (type === "integer") return z.int();
  if (type === "boolean") return z.boolean();
  if (!("items" in type)) return schemaOf(type, minor);
  return z.array(type.items === "string" ? z.string() : schemaOf(type.items, minor));
}
