/**
 * The walks over a configuration that find its mistakes: unknown keys, violations of Butane's rules for
 * the source, duplicates, violations of Ignition's rules for the output. Each visits the objects in the
 * order of the schema, which is that of the report.
 */
import type { Find, Kind } from "./checks.ts";
import type { Json, JsonObject } from "./json.ts";
import { keyOf } from "./merge.ts";
import { childOf, type Node, type Path, pathOf, type Trail } from "./node.ts";
import { fieldsOf, type ListType, type Shape, type Side } from "./schema.ts";
import type { ConfigCheck, Fields } from "./source-checks.ts";
import type { Version } from "./versions.ts";

type Note = (kind: Kind, path: Path, message: string, node?: Node) => void;

/** `fields` was read from the tree, and its lists may have fewer items than the tree. */
export function findUnusedKeys(
  rootShape: Shape,
  rootFields: Fields | undefined,
  root: Node,
  { minor }: Version,
  note: Note,
  side: Side = "name",
): void {
  const walk = (shape: Shape, fields: Fields | undefined, node: Node, trail?: Trail): void => {
    if (node.kind !== "mapping") {
      const path = pathOf(trail);
      const at = ["$", ...path].join(".");
      const consequence =
        "Line and column reporting may be inconsistent. Unused keys may not be reported";
      note("warning", path, `context tree does not match content tree at ${at}. ${consequence}`);
      return;
    }
    const { names, branches } = fieldsOf(shape, minor);
    const known = names[side];
    for (const { key } of node.entries) {
      const name = key.kind === "scalar" ? key.text : "";
      if (!known.has(name)) note("warning", [...pathOf(trail), name], `unused key ${name}`, key);
    }
    for (const branch of branches[side]) {
      const child = childOf(node, branch.name);
      if (child === undefined) continue;
      const value = fields?.[branch.name];
      const here = { parent: trail, step: branch.name };
      if (!branch.isList) walk(branch.shape, value as Fields | undefined, child, here);
      else if (child.kind === "list") {
        const { items } = child;
        for (const [step, item] of ((value ?? []) as readonly Fields[]).entries()) {
          const itemNode = items[step];
          if (itemNode !== undefined) walk(branch.shape, item, itemNode, { parent: here, step });
        }
      }
    }
  };
  walk(rootShape, rootFields, root);
}

type Visitor = (shape: Shape, object: Fields, trail: Trail | undefined) => void;

/** Visits the objects of one side, each before its children. */
function visit(
  shape: Shape,
  object: Fields,
  minor: number,
  side: Side,
  visitor: Visitor,
  trail?: Trail,
): void {
  visitor(shape, object, trail);
  for (const { name, shape: inside, isList } of fieldsOf(shape, minor).branches[side]) {
    const value = object[name];
    if (value === undefined) continue;
    const here = { parent: trail, step: name };
    if (!isList) visit(inside, value as Fields, minor, side, visitor, here);
    else {
      for (const [step, item] of (value as readonly Fields[]).entries()) {
        visit(inside, item, minor, side, visitor, { parent: here, step });
      }
    }
  }
}

function finder(trail: Trail | undefined, note: Note): Find {
  return (path, message, kind = "error") => note(kind, [...pathOf(trail), ...path], message);
}

export function checkSource(
  shape: Shape,
  fields: Fields,
  version: Version,
  checkConfig: ConfigCheck,
  note: Note,
): void {
  const context = { findAnywhere: finder(undefined, note), checkConfig };
  visit(shape, fields, version.minor, "name", ({ sourceCheck }, object, trail) => {
    sourceCheck?.(object, finder(trail, note), version, context);
  });
}

/** Paths are in Ignition's names. */
export function checkOutput(shape: Shape, output: JsonObject, version: Version, note: Note): void {
  visit(shape, output, version.minor, "output", ({ check }, object, trail) => {
    check?.(object as JsonObject, finder(trail, note), version);
  });
}

/** Paths are in Ignition's names. */
export function findDuplicates(
  rootShape: Shape,
  output: JsonObject,
  { minor }: Version,
  note: Note,
): void {
  visit(rootShape, output, minor, "output", (shape, object, trail) => {
    const shared = new Set<string>();
    for (const { name, type } of fieldsOf(shape, minor).lists) {
      const items = object[name] as readonly Json[] | undefined;
      if (items === undefined || shape.repeatable?.includes(name)) continue;
      const seen = shape.disjoint?.includes(name) ? shared : new Set<string>();
      findRepeated(type, items, seen, (index) => {
        note("error", [...pathOf(trail), name, index], "duplicate entry defined");
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
