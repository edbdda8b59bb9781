/** What a schema says at a place of a document: its keys, its variants, and the keys that it would drop. */
import type { z } from "zod";
import { isMapping } from "../model/values.ts";
import type { Path } from "./source.ts";

interface Definition {
  readonly innerType?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly valueType?: z.ZodType;
  readonly catchall?: z.ZodType;
  readonly element?: z.ZodType;
  /** The alternatives of a mapping whose key `discriminator` says which of them is meant. */
  readonly options?: readonly z.ZodType[];
  readonly discriminator?: string;
  readonly values?: readonly unknown[];
}

/** The keys that the schema knows at `path`. */
export function keysAt(schema: z.ZodType, path: Path, value: unknown): string[] {
  return Object.keys(definitionAt(schema, path, value).shape ?? {});
}

/** The other variant that has the key, as `provider: google`. */
export function variantWith(
  schema: z.ZodType,
  path: Path,
  value: unknown,
  key: string,
): string | undefined {
  const [step, inner] = [path.slice(0, -1), path.at(-1)];
  if (inner === undefined) return undefined;
  const above = definitionAt(schema, step, value);
  const { options = [], discriminator } = definitionOf(above.shape?.[String(inner)]);
  if (discriminator === undefined) return undefined;
  const shapes = options.map((option) => definitionOf(option).shape ?? {});
  const other = shapes.find((shape) => key in shape)?.[discriminator];
  return other && `${discriminator}: ${String(definitionOf(other).values?.[0])}`;
}

/** The places of keys that `z.object` drops without an issue: a key that is misspelled would have no effect. */
export function droppedKeys(schema: z.ZodType, value: unknown, path: Path = []): Path[] {
  if (!dropsKeys(schema)) return [];
  const definition = variantOf(definitionOf(schema), value);
  if (Array.isArray(value)) {
    const { element } = definition;
    if (element === undefined) return [];
    return value.flatMap((item, index) => droppedKeys(element, item, [...path, index]));
  }
  if (!isMapping(value)) return [];
  const { shape, catchall, valueType } = definition;
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = [...path, key];
    const schemaOf = shape !== undefined && Object.hasOwn(shape, key) ? shape[key] : undefined;
    const known = schemaOf ?? catchall ?? valueType;
    if (known !== undefined) return droppedKeys(known, inner, at);
    return shape === undefined ? [] : [at];
  });
}

const knownDrops = new WeakMap<z.ZodType, boolean>();

/** Whether the schema, or one inside it, drops keys. None of Flotilla's own does: a fleet has many values. */
function dropsKeys(schema: z.ZodType): boolean {
  const known = knownDrops.get(schema);
  if (known !== undefined) return known;
  // The set grows while it is gone through. A schema may contain itself.
  const reached = new Set([schema]);
  for (const each of reached) {
    if (knownDrops.get(each) === false) continue;
    const { innerType, shape, valueType, catchall, element, options = [] } = each.def as Definition;
    const drops = shape !== undefined && catchall === undefined;
    if (drops || knownDrops.get(each) === true) {
      knownDrops.set(schema, true);
      return true;
    }
    const inner = [innerType, ...Object.values(shape ?? {}), valueType, catchall, element];
    for (const one of [...inner, ...options]) if (one !== undefined) reached.add(one);
  }
  for (const each of reached) knownDrops.set(each, false);
  return false;
}

/** The definition at `path`, of the variants that are in `value`. */
function definitionAt(schema: z.ZodType, path: Path, value: unknown): Definition {
  let definition = variantOf(definitionOf(schema), value);
  let found = value;
  for (const segment of path) {
    const { shape, catchall, valueType, element } = definition;
    const inner = shape?.[String(segment)] ?? catchall ?? valueType ?? element;
    found = (found as Record<PropertyKey, unknown> | null | undefined)?.[segment];
    definition = variantOf(definitionOf(inner), found);
  }
  return definition;
}

function variantOf(definition: Definition, value: unknown): Definition {
  const { options = [], discriminator } = definition;
  if (discriminator === undefined) {
    const mappings = options.map(definitionOf).filter(({ shape }) => shape !== undefined);
    return mappings.length === 1 && isMapping(value) ? (mappings[0] ?? definition) : definition;
  }
  const wanted = isMapping(value) ? value[discriminator] : undefined;
  const variants = options.map(definitionOf);
  const isMeant = ({ shape }: Definition) =>
    definitionOf(shape?.[discriminator]).values?.includes(wanted) === true;
  return variants.find(isMeant) ?? definition;
}

/** The definition under any `default`, `optional` and the like. */
function definitionOf(schema: z.ZodType | undefined): Definition {
  let definition = (schema?.def ?? {}) as Definition;
  while (definition.innerType !== undefined) definition = definition.innerType.def as Definition;
  return definition;
}
