/** Checks an object against Kubernetes' schema of its kind, as the API server does. */
import { show } from "../grammar/check.ts";
import { closest, editDistance } from "../model/names.ts";
import {
  kubernetesMinor,
  kubernetesSchemas,
  type Definition,
  type FieldType,
  type Schemas,
} from "./schemas.ts";

/** A mistake at a path of an object; `isNote` if it is not wrong. */
export interface ObjectProblem {
  readonly path: readonly string[];
  readonly message: string;
  readonly isNote?: boolean;
}

interface TypedObject {
  readonly apiVersion: string;
  readonly kind: string;
}

/** All mistakes, in the order of the object's fields; for a custom resource one note. */
export function schemaProblems(object: TypedObject): readonly ObjectProblem[] {
  const { apiVersion, kind } = object;
  const schemas = kubernetesSchemas();
  const name = `${apiVersion.includes("/") ? "" : "/"}${apiVersion}/${kind}`;
  const index = Object.hasOwn(schemas.kinds, name) ? schemas.kinds[name] : undefined;
  if (index === undefined) return [unknownKind(apiVersion, kind, schemas)];
  const problems: ObjectProblem[] = [];
  check(object, index, [], schemas, problems);
  return problems;
}

function unknownKind(apiVersion: string, kind: string, { kinds }: Schemas): ObjectProblem {
  const known = Object.keys(kinds).map((name) => {
    const [group = "", version = "", ofKind = ""] = name.split("/");
    return { group, ofKind, apiVersion: group === "" ? version : `${group}/${version}` };
  });
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  const groups = [...new Set(known.map((each) => each.group))];
  const ofSameKind = known.filter(({ ofKind }) => ofKind === kind);
  if (groups.includes(group)) {
    const kindsOfGroup = known.filter((each) => each.group === group).map(({ ofKind }) => ofKind);
    const [sameGroup] = ofSameKind.filter((each) => each.group === group);
    const [other] = sameGroup === undefined ? ofSameKind : [sameGroup];
    if (other !== undefined) return wrongVersion(apiVersion, kind, other.apiVersion);
    const near =
      closest(kind, kindsOfGroup) ??
      closest(
        kind,
        known.map(({ ofKind }) => ofKind),
      );
    const remedy =
      near === undefined ? `Kinds: ${kindsOfGroup.join(", ")}.` : `Did you mean ${near}?`;
    return { path: ["kind"], message: `unknown kind "${kind}" in ${apiVersion}. ${remedy}` };
  }
  // Groups without a dot are Kubernetes' own.
  const [similar] = groups.filter((each) => each !== "" && editDistance(each, group) <= 2);
  if (group.includes(".") && similar === undefined) {
    const message = `${apiVersion} ${kind} is not a kind of Kubernetes, and is not checked.`;
    return { path: ["kind"], message, isNote: true };
  }
  const [first] = ofSameKind;
  if (first !== undefined) return wrongVersion(apiVersion, kind, first.apiVersion);
  const hint = similar === undefined ? "" : ` Did you mean ${similar}?`;
  return { path: ["apiVersion"], message: `unknown API group "${group}".${hint}` };
}

function wrongVersion(apiVersion: string, kind: string, right: string): ObjectProblem {
  const message = `Kubernetes ${kubernetesMinor} has no ${kind} in ${apiVersion}. Write ${right}.`;
  return { path: ["apiVersion"], message };
}

const typeNames: Readonly<Record<string, string>> = {
  s: "text",
  i: "a whole number",
  n: "a number",
  b: "true or false",
  q: "a quantity, like 100m or 64Mi",
  x: "text or a whole number",
};

function check(
  value: unknown,
  type: FieldType,
  path: readonly string[],
  schemas: Schemas,
  problems: ObjectProblem[],
): void {
  const wrong = (wanted: string) => {
    problems.push({ path, message: `found ${show(value)}. Write ${wanted}.` });
  };
  // The API server takes null for a field that is not there.
  if (type === "*" || value === null || value === undefined) return;
  if (typeof type === "string") {
    if (!isOfType(value, type)) {
      const isQuotable = type === "s" && (typeof value === "number" || typeof value === "boolean");
      wrong(isQuotable ? `text, in quotes: "${String(value)}"` : (typeNames[type] ?? type));
    }
    return;
  }
  if (Array.isArray(type) && type[0] === "l") {
    if (!Array.isArray(value)) return wrong("a list");
    value.forEach((item, index) => {
      const place = [...path, String(index)];
      if (item === null) problems.push({ path: place, message: "this item is empty. Delete it." });
      check(item, type[1], place, schemas, problems);
    });
    return;
  }
  if (typeof value !== "object" || Array.isArray(value)) return wrong("a mapping");
  if (Array.isArray(type)) {
    for (const [key, item] of Object.entries(value)) {
      check(item, type[1], [...path, key], schemas, problems);
    }
    return;
  }
  const definition = schemas.definitions[type as number];
  if (definition !== undefined) checkFields(value, definition, path, schemas, problems);
}

function checkFields(
  value: object,
  { p: fields, r: required = [] }: Definition,
  path: readonly string[],
  schemas: Schemas,
  problems: ObjectProblem[],
): void {
  const misspelled = new Set<string>();
  for (const [key, item] of Object.entries(value)) {
    const type = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (type !== undefined) {
      check(item, type, [...path, key], schemas, problems);
      continue;
    }
    const near = closest(key, Object.keys(fields));
    if (near !== undefined) misspelled.add(near);
    const remedy = near === undefined ? knownFields(fields) : `Did you mean ${near}?`;
    problems.push({ path: [...path, key], message: `unknown field "${key}". ${remedy}` });
  }
  for (const key of required) {
    const found = (value as Readonly<Record<string, unknown>>)[key];
    if ((found !== undefined && found !== null) || misspelled.has(key)) continue;
    problems.push({ path: [...path, key], message: `"${key}" is missing. Write it here.` });
  }
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "s":
      return typeof value === "string";
    case "i":
      return Number.isInteger(value);
    case "n":
      return typeof value === "number";
    case "b":
      return typeof value === "boolean";
    case "x":
      return typeof value === "string" || Number.isInteger(value);
  }
  return typeof value === "string" || typeof value === "number";
}

function knownFields(fields: object): string {
  const names = Object.keys(fields);
  const some = names.slice(0, 12).join(", ");
  return names.length > 12 ? `Known fields: ${some}, …` : `Known fields: ${some}.`;
}
