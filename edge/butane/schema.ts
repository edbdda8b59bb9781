/**
 * What a field and an object of a configuration are, as data; the fields themselves are in the
 * files named `fields-`.
 *
 * One table serves both sides: a field has its name in Butane and its name in Ignition, and fields
 * stand in the order in which Ignition's JSON has them. A field that only one side has says null
 * for the other.
 */
import type { Check } from "./checks.ts";
import type { Completion } from "./completion.ts";
import type { JsonObject } from "./json.ts";
import type { SourceCheck } from "./source-checks.ts";

export type Type = "string" | "integer" | "boolean" | ListType | Shape;

export interface ListType {
  readonly items: "string" | Shape;
  /** What the real tool calls the type of the texts, or of the list. Its errors show it. */
  readonly itemName?: string;
  readonly name?: string;
}

export interface Field {
  /** Butane's name; null where only Ignition has the field. */
  readonly name: string | null;
  /** Ignition's name; null where something else is made of the field. */
  readonly output: string | null;
  /** The first minor version of the fcos variant that has it. */
  readonly since: number;
  /** The first minor version that has it no more. @default all have it */
  readonly until?: number;
  readonly type: Type;
  /**
   * Whether an absent value differs from an empty one. `always`: it doesn't, and the field is
   * written even if it is empty. `filled`: it doesn't, and the field is written unless it is empty.
   * `given`: it does, and the field is written if anybody gave it.
   */
  readonly written: "always" | "filled" | "given";
}

export interface Shape {
  /** What the real tool calls the type. Its errors show it. */
  readonly name: string;
  readonly package: "base" | "fcos";
  readonly fields: readonly Field[];
  /** What tells one item of a list from another. */
  readonly key?: (item: JsonObject) => string;
  /** Lists of Ignition's names in which the same item may stand twice. */
  readonly repeatable?: readonly string[];
  /** Lists of Ignition's names that must not have an item in common. */
  readonly disjoint?: readonly string[];
  /** What Butane demands of the source. */
  readonly sourceCheck?: SourceCheck;
  /** Makes output of the fields that Ignition doesn't have. */
  readonly complete?: Completion;
  /** What Ignition demands of the finished object. */
  readonly check?: Check;
}

type FieldOptions = Partial<Pick<Field, "since" | "until" | "output" | "written">>;

export function field(name: string, type: Type, options: FieldOptions = {}): Field {
  return { name, output: camelCase(name), since: 0, type, written: "given", ...options };
}

export function required(name: string): Field {
  return field(name, "string", { written: "always" });
}

/** A field that Ignition doesn't have. */
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

/** `sizeMiB` was `size_mib`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/MiB|[A-Z]/g, (found) => `_${found}`).toLowerCase();
}

/** A field that holds an object, or a list of objects, by its name on one side. */
export interface Branch {
  readonly name: string;
  readonly shape: Shape;
  readonly isList: boolean;
}

/** The names of one side: Butane's, or Ignition's. */
export type Side = "name" | "output";

export interface FieldSet {
  readonly all: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  readonly names: Readonly<Record<Side, ReadonlySet<string | null>>>;
  readonly branches: Readonly<Record<Side, readonly Branch[]>>;
  /** The lists that Ignition has, of texts too. */
  readonly lists: readonly { readonly name: string; readonly type: ListType }[];
}

const fieldSets = new WeakMap<Shape, FieldSet[]>();

/** The fields that a minor version has. */
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
