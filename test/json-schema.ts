/** Following the references of a JSON Schema: levels of fleet.yaml that share a key have one definition. */

interface Referring<Schema> {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** @param whole the schema with the definitions */
export function dereferenced<Schema extends Referring<Schema>>(
  schema: Schema,
  whole: Schema,
): Schema {
  if (schema.$ref === undefined) return schema;
  const target = whole.$defs?.[schema.$ref.replace("#/$defs/", "")];
  if (target === undefined) throw new Error(`there is no ${schema.$ref}`);
  return dereferenced(target, whole);
}
