/**
 * The walks over a configuration that find what is wrong with it: keys that no field has, what
 * Butane demands of the source, what stands twice, what Ignition demands of the output. Each goes
 * through the objects in the order of the schema, as the report has it.
 */
import type { Find, Kind } from "./checks.ts";
import type { Json, JsonObject } from "./json.ts";
import { keyOf } from "./merge.ts";
import { childOf, type Node, type Path } from "./node.ts";
import { fieldsOf, type ListType, type Shape } from "./schema.ts";
import type { ConfigCheck, Fields } from "./source-checks.ts";
import type { Version } from "./versions.ts";

type Note = (kind: Kind, path: Path, message: string, node?: Node) => void;

/** The names of one side: Butane's, or Ignition's. */
type Side = "name" | "output";

/** `fields` is what was taken out of the tree, which may have more items than the lists have. */
export function findUnusedKeys(
  rootShape: Shape,
  rootFields: Fields | undefined,
  root: Node,
  { minor }: Version,
  note: Note,
  side: Side = "name",
): void {
  const walk = (shape: Shape, fields: Fields | undefined, node: Node, path: Path): void => {
    if (node.kind !== "mapping") {
      const at = ["$", ...path].join(".");
      const consequence =
        "Line and column reporting may be inconsistent. Unused keys may not be reported";
      note("warning", path, `context tree does not match content tree at ${at}. ${consequence}`);
      return;
    }
    const { all } = fieldsOf(shape, minor);
    const known = new Set(all.map((field) => field[side]));
    for (const { key } of node.entries) {
      const name = key.kind === "scalar" ? key.text : "";
      if (!known.has(name)) note("warning", [...path, name], `unused key ${name}`, key);
    }
    for (const { [side]: name, type } of all) {
      const child = name === null || typeof type !== "object" ? undefined : childOf(node, name);
      if (child === undefined || name === null || typeof type !== "object") continue;
      if (!("items" in type)) {
        walk(type, fields?.[name] as Fields | undefined, child, [...path, name]);
        continue;
      }
      const { items } = type;
      if (items === "string" || child.kind !== "list") continue;
      ((fields?.[name] ?? []) as readonly Fields[]).forEach((item, index) => {
        const itemNode = childOf(child, index);
        if (itemNode !== undefined) walk(items, item, itemNode, [...path, name, index]);
      });
    }
  };
  walk(rootShape, rootFields, root, []);
}

/** Visits the objects of one side, each before its children. */
function visit(
  shape: Shape,
  object: Fields,
  minor: number,
  side: Side,
  visitor: (shape: Shape, object: Fields, path: () => Path) => void,
  pathOf: () => Path = () => [],
): void {
  visitor(shape, object, pathOf);
  for (const { [side]: name, type } of fieldsOf(shape, minor).all) {
    if (name === null || typeof type !== "object") continue;
    const value = object[name];
    if (value === undefined) continue;
    if (!("items" in type)) {
      visit(type, value as Fields, minor, side, visitor, () => [...pathOf(), name]);
      continue;
    }
    const { items } = type;
    if (items === "string") continue;
    (value as readonly Fields[]).forEach((item, index) => {
      visit(items, item, minor, side, visitor, () => [...pathOf(), name, index]);
    });
  }
}

function finder(pathOf: () => Path, note: Note): Find {
  return (path, message, kind = "error") => note(kind, [...pathOf(), ...path], message);
}

export function checkSource(
  shape: Shape,
  fields: Fields,
  version: Version,
  checkConfig: ConfigCheck,
  note: Note,
): void {
  const context = { findAnywhere: finder(() => [], note), checkConfig };
  visit(shape, fields, version.minor, "name", ({ sourceCheck }, object, pathOf) => {
    sourceCheck?.(object, finder(pathOf, note), version, context);
  });
}

/** Paths are in Ignition's names. */
export function checkOutput(shape: Shape, output: JsonObject, version: Version, note: Note): void {
  visit(shape, output, version.minor, "output", ({ check }, object, pathOf) => {
    check?.(object as JsonObject, finder(pathOf, note), version);
  });
}

/** Paths are in Ignition's names. */
export function findDuplicates(
  rootShape: Shape,
  output: JsonObject,
  { minor }: Version,
  note: Note,
): void {
  visit(rootShape, output, minor, "output", (shape, object, pathOf) => {
    const shared = new Set<string>();
    for (const { output: name, type } of fieldsOf(shape, minor).all) {
      const items = name === null ? undefined : (object[name] as readonly Json[] | undefined);
      const isList = typeof type === "object" && "items" in type;
      if (name === null || items === undefined || !isList) continue;
      if (shape.repeatable?.includes(name)) continue;
      const seen = shape.disjoint?.includes(name) ? shared : new Set<string>();
      findRepeated(type, items, seen, (index) => {
        note("error", [...pathOf(), name, index], "duplicate entry defined");
      });
    }
  });
}

function findRepeated(
  type: ListType,
  items: readonly Json[],
  seen: Set<string>,
  note: (index: number) => void,
): void {
  items.forEach((item, index) => {
    const key = keyOf(type, item);
    if (seen.has(key)) note(index);
    seen.add(key);
  });
}
