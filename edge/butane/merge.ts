/**
 * Merges what Butane adds (the parent) with the configuration (the child), by Ignition's rules:
 * objects in lists that have the same key become one, the child's fields override the parent's, and
 * the parent's objects come first.
 */
import type { Json, JsonObject } from "./json.ts";
import type { Path } from "./node.ts";
import type { Origin, Origins } from "./origins.ts";
import { type Field, fieldsOf, type ListType, type Shape, snakeCase } from "./schema.ts";

/** `source` is the source path of the child, in Butane's names. */
export function merge(
  shape: Shape,
  parent: JsonObject,
  child: JsonObject,
  context: { readonly minor: number; readonly origins: Origins },
  source: Path = [],
): JsonObject {
  return new Merger(context.minor, context.origins).objects(shape, parent, child, source);
}

class Merger {
  readonly #minor: number;
  readonly #origins: Origins;

  constructor(minor: number, origins: Origins) {
    this.#minor = minor;
    this.#origins = origins;
  }

  objects(shape: Shape, parent: JsonObject, child: JsonObject, source: Path): JsonObject {
    const merged: Record<string, Json> = {};
    const fieldOrigins: Record<string, Origin> = {};
    const parentOrigin = this.#origins.get(parent);
    for (const field of fieldsOf(shape, this.#minor).all) {
      const name = field.output;
      if (name === null) continue;
      const value = this.#field(shape, field, parent, child, [...source, snakeCase(name)]);
      if (value === undefined) continue;
      merged[name] = value;
      if (child[name] !== undefined || parentOrigin === undefined) continue;
      fieldOrigins[name] = parentOrigin.whole ? parentOrigin : {};
    }
    const { parts } = this.#origins.get(child) ?? {};
    const path = this.#origins.get(child)?.path ?? source;
    const fields = { ...this.#origins.get(child)?.fields, ...fieldOrigins };
    if (path.length > 0) this.#origins.set(merged, { path, fields, ...(parts && { parts }) });
    return merged;
  }

  #field(
    shape: Shape,
    { output, type, written }: Field,
    parent: JsonObject,
    child: JsonObject,
    source: Path,
  ): Json | undefined {
    const name = output ?? "";
    const [left, right] = [parent[name], child[name]];
    if (typeof type === "object" && "items" in type) {
      const repeatable = shape.repeatable?.includes(name) ?? false;
      const elsewhere = this.#keysElsewhere(shape, name, child);
      const lists = [left ?? [], right ?? []] as const;
      const list = this.#lists(type, lists as Lists, { repeatable, elsewhere, source });
      return list.length === 0 ? undefined : list;
    }
    if (typeof type === "object" && left !== undefined && right !== undefined) {
      return this.objects(type, left as JsonObject, right as JsonObject, source);
    }
    // An empty value also overrides, even where it looks like an absent one.
    return right ?? (written === "filled" ? undefined : left);
  }

  /** Keys of the child's items in the lists that must not share items with this one. */
  #keysElsewhere(shape: Shape, name: string, child: JsonObject): ReadonlySet<string> {
    if (!shape.disjoint?.includes(name)) return new Set();
    const others = shape.fields.filter(
      ({ output }) => output !== name && output !== null && shape.disjoint?.includes(output),
    );
    return new Set(
      others.flatMap(({ output, type }) =>
        ((child[output ?? ""] ?? []) as readonly Json[]).map((item) =>
          keyOf(type as ListType, item),
        ),
      ),
    );
  }

  #lists(
    type: ListType,
    [parent, child]: Lists,
    rules: {
      readonly repeatable: boolean;
      readonly elsewhere: ReadonlySet<string>;
      readonly source: Path;
    },
  ): readonly Json[] {
    const placed = (item: Json, index: number) => this.#placed(item, [...rules.source, index]);
    if (parent.length === 0) return child;
    if (rules.repeatable) return [...parent, ...child.map(placed)];
    const indexOfKey = new Map(child.map((item, index) => [keyOf(type, item), index]));
    const parentKeys = new Set(parent.map((item) => keyOf(type, item)));
    const merged: Json[] = [];
    for (const item of parent) {
      const key = keyOf(type, item);
      const index = indexOfKey.get(key);
      const other = index === undefined ? undefined : child[index];
      if (index === undefined || other === undefined) {
        if (!rules.elsewhere.has(key)) merged.push(item);
      } else if (type.items === "string") merged.push(other);
      else {
        const source = [...rules.source, index];
        merged.push(this.objects(type.items, item as JsonObject, other as JsonObject, source));
      }
    }
    child.forEach((item, index) => {
      if (!parentKeys.has(keyOf(type, item))) merged.push(placed(item, index));
    });
    return merged;
  }

  /** Records the source of an item whose index changes. */
  #placed(item: Json, path: Path): Json {
    if (typeof item === "object" && item !== null) {
      this.#origins.set(item, { path, ...this.#origins.get(item) });
    }
    return item;
  }
}

type Lists = readonly [readonly Json[], readonly Json[]];

export function keyOf(type: ListType, item: Json): string {
  if (type.items === "string") return item as string;
  return type.items.key?.(item as JsonObject) ?? "";
}
