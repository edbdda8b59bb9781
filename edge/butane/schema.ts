/**
 * The types that describe fields and objects of a configuration. The fields are in `fields.ts` and
 * `fields-storage.ts`.
 *
 * One table serves both sides: a field has a name in Butane and a name in Ignition, and the fields are
 * in the order of Ignition's JSON. A field that only one side has is null for the other.
 */
import type { Check } from "./checks.ts";
import type { Completion } from "./completion.ts";
import type { JsonObject } from "./json.ts";
import type { SourceCheck } from "./source-checks.ts";

export type Type = "string" | "integer" | "boolean" | ListType | Shape;

export interface ListType {
  readonly items: "string" | Shape;
  /** The name of the type of the texts, or of the list, in butane's errors. */
  readonly itemName?: string;
  readonly name?: string;
}

export interface Field {
  /** Butane's name; null if only Ignition has the field. */
  readonly name: string | null;
  /** Ignition's name; null if the field becomes something else. */
  readonly output: string | null;
  /** The first minor version of the fcos variant that has it. */
  readonly since: number;
  /** The first minor version without it. @default all later versions have it */
  readonly until?: number;
  readonly type: Type;
  /**
   * When the field is written. `always`: an absent value is written as an empty one. `filled`: unless
   * the value is absent or empty. `given`: unless the value is absent.
   */
  readonly written: "always" | "filled" | "given";
}

export interface Shape {
  /** The name of the type in butane's errors. */
  readonly name: string;
  readonly package: "base" | "fcos";
  readonly fields: readonly Field[];
  /** The key of an item in a list. */
  readonly key?: (item: JsonObject) => string;
  /** Lists, by Ignition's names, in which the same item may appear twice. */
  readonly repeatable?: readonly string[];
  /** Lists, by Ignition's names, that must not share an item. */
  readonly disjoint?: readonly string[];
  /** Butane's rules for the source. */
  readonly sourceCheck?: SourceCheck;
  /** Makes output from the fields that Ignition does not have. */
  readonly complete?: Completion;
  /** Ignition's rules for the finished object. */
  readonly check?: Check;
}

type FieldOptions = Partial<Pick<Field, "since" | "until" | "output" | "written">>;

export function field(name: string, type: Type, options: FieldOptions = {}): Field {
  return { name, output: camelCase(name), since: 0, type, written: "given", ...options };
}

export function required(name: string): Field {
  return field(name, "string", { written: "always" });
}

/** A field that Ignition does not have. */
export function butaneOnly(name: string, type: Type, since = 0): Field {
  return field(name, type, { output: null, since });
}

type ShapeOptions = Partial<Omit<Shape, "name" | "fields">>;

export function shape(name: string, fields: readonly Field[], options: ShapeOptions = {}): Shape {
  return { name, package: "base", fields, ...options };
}

export function listOf(items: Shape, name?: string): ListType {
  return name === undefined ? { items } : { items, name };
}

export function texts(itemName = "string"): ListType {
  return { items: "string", itemName };
}

export function byField(name: string): (item: JsonObject) => string {
  return (item) => String(item[name] ?? "");
}

function camelCase(name: string): string {
  return name.replace(/_mib$/, "MiB").replaceAll(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

/** Butane's name: `size_mib` for `sizeMiB`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/MiB|[A-Z]/g, (found) => `_${found}`).toLowerCase();
}

/** A field that holds an object, or a list of objects, by its name on one side. */
export interface Branch {
  readonly name: string;
  readonly shape: Shape;
  readonly isList: boolean;
}

/** Which names: Butane's or Ignition's. */
export type Side = "name" | "output";

export interface FieldSet {
  readonly all: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  readonly names: Readonly<Record<Side, ReadonlySet<string | null>>>;
  readonly branches: Readonly<Record<Side, readonly Branch[]>>;
  /** Ignition's lists, including those of texts. */
  readonly lists: readonly { readonly name: string; readonly type: ListType }[];
}

const fieldSets = new WeakMap<Shape, FieldSet[]>();

/** The fields of a minor version. */
export function fieldsOf(owner: Shape, minor: number): FieldSet {
  let sets = fieldSets.get(owner);
  if (sets === undefined) fieldSets.set(owner, (sets = []));
  return (sets[minor] ??= fieldSet(owner, minor));
}

function fieldSet(owner: Shape, minor: number): FieldSet {
  const all = owner.fields.filter(({ since, until = Infinity }) => since <= minor && minor < until);
  const byName = new Map(all.flatMap((one) => (one.name === null ? [] : [[one.name, one]])));
  const namesOf = (side: Side) => new Set(all.map((one) => one[side]));
  const branchesOf = (side: Side) => all.flatMap((one) => branchOf(one[side], one.type));
  return {
    all,
    byName,
    names: { name: namesOf("name"), output: namesOf("output") },
    branches: { name: branchesOf("name"), output: branchesOf("output") },
    lists: all.flatMap(({ output: name, type }) =>
      name === null || typeof type !== "object" || !("items" in type) ? [] : [{ name, type }],
    ),
  };
}

function branchOf(name: string | null, type: Type): readonly Branch[] {
  if (name === null || typeof type !== "object") return [];
  if (!("items" in type)) return [{ name, shape: type, isList: false }];
  return type.items === "string" ? [] : [{ name, shape: type.items, isList: true }];
}
