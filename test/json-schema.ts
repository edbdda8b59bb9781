/** Following the references of a JSON Schema: levels of fleet.yaml that share a key have one definition. */

interface Referring<Schema> {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
}

/**
 * The definition that a schema refers to, without the null that removes what another level says.
 *
 * @param whole the schema with the definitions
 */
export function dereferenced<Schema extends Referring<Schema>>(
  schema: Schema,
  whole: Schema,
): Schema {
  if (schema.$ref === undefined) return withoutNull(schema);
  const target = whole.$defs?.[schema.$ref.replace("#/$defs/", "")];
  if (target === undefined) throw new Error(`there is no ${schema.$ref}`);
  return dereferenced(target, whole);
}

function withoutNull<Schema extends Referring<Schema>>(schema: Schema): Schema {
  const { type, anyOf } = schema;
  const types = [type ?? []].flat().filter((each) => each !== "null");
  return {
    ...schema,
    ...(types.length === 1 && { type: types[0] }),
    ...(anyOf && { anyOf: anyOf.filter((each) => each.type !== "null") }),
  };
}
