/** Checks an object against Kubernetes' schema of its kind, as the API server does. */
import { show } from "../grammar/check.ts";
import { isMapping } from "../model/values.ts";
import { closest, editDistance } from "../model/names.ts";
import {
  kubernetesSchemas,
  newestMinor,
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

/**
 * All mistakes, in the order of the object's fields; for a custom resource one note. Those that only
 * older versions have name the version.
 *
 * @param minors the versions of Kubernetes that the object is for (`checkedMinors`)
 */
export function schemaProblems(
  object: TypedObject,
  minors: readonly string[] = [newestMinor],
): readonly ObjectProblem[] {
  const byPlace = new Map<string, ObjectProblem>();
  const ofNewest = minors.every((minor) => minor === newestMinor)
    ? undefined
    : problemsOf(object, newestMinor).map(wordsOf);
  // The newest first: what is wrong there needs no version.
  for (const minor of minors.toReversed()) {
    for (const problem of problemsOf(object, minor)) {
      const isOlder = ofNewest !== undefined && !ofNewest.includes(wordsOf(problem));
      const names = problem.message.startsWith("Kubernetes ");
      const message =
        isOlder && !names ? `Kubernetes ${minor}: ${problem.message}` : problem.message;
      const place = problem.path.join("\0");
      if (!byPlace.has(place)) byPlace.set(place, { ...problem, message });
    }
  }
  return [...byPlace.values()];
}

const wordsOf = ({ path, message }: ObjectProblem) => [...path, message].join("\0");

function problemsOf(object: TypedObject, minor: string): readonly ObjectProblem[] {
  const { apiVersion, kind } = object;
  const schemas = kubernetesSchemas(minor);
  const name = `${apiVersion.includes("/") ? "" : "/"}${apiVersion}/${kind}`;
  const index = Object.hasOwn(schemas.kinds, name) ? schemas.kinds[name] : undefined;
  if (index === undefined) return [unknownKind(apiVersion, kind, schemas, minor)];
  const problems: ObjectProblem[] = [];
  check(object, index, [], schemas, problems);
  return [...problems, ...base64Problems(object)];
}

/** The fields of bytes that people write; the schemas say only that they are text. */
const bytes: Readonly<Record<string, { readonly field: string; readonly plain: string }>> = {
  Secret: { field: "data", plain: "stringData" },
  ConfigMap: { field: "binaryData", plain: "data" },
};
/** As Go's base64.StdEncoding, which skips line ends. */
const base64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function base64Problems({ apiVersion, kind, ...fields }: TypedObject): readonly ObjectProblem[] {
  const known = apiVersion === "v1" && Object.hasOwn(bytes, kind) ? bytes[kind] : undefined;
  if (known === undefined) return [];
  const { field, plain } = known;
  const data: unknown = (fields as Readonly<Record<string, unknown>>)[field];
  return Object.entries(isMapping(data) ? data : {}).flatMap(([key, value]) => {
    if (typeof value !== "string" || base64.test(value.replaceAll(/[\r\n]/g, ""))) return [];
    // It may be a password.
    const message = `this is not base64. Write it in base64, or the text itself under ${plain}.`;
    return [{ path: [field, key], message }];
  });
}

function unknownKind(
  apiVersion: string,
  kind: string,
  { kinds }: Schemas,
  minor: string,
): ObjectProblem {
  const known = Object.keys(kinds).map((name) => {
    const [group = "", version = "", ofKind = ""] = name.split("/");
    return { group, ofKind, apiVersion: group === "" ? version : `${group}/${version}` };
  });
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  const groups = [...new Set(known.map((each) => each.group))];
  const ofSameKind = known
    .filter(({ ofKind }) => ofKind === kind)
    .toSorted((one, other) => stability(one.apiVersion) - stability(other.apiVersion));
  if (groups.includes(group)) {
    const kindsOfGroup = known.filter((each) => each.group === group).map(({ ofKind }) => ofKind);
    const [sameGroup] = ofSameKind.filter((each) => each.group === group);
    const [other] = sameGroup === undefined ? ofSameKind : [sameGroup];
    if (other !== undefined) return wrongVersion(minor, apiVersion, kind, other.apiVersion);
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
  if (first !== undefined) return wrongVersion(minor, apiVersion, kind, first.apiVersion);
  const hint = similar === undefined ? "" : ` Did you mean ${similar}?`;
  return { path: ["apiVersion"], message: `unknown API group "${group}".${hint}` };
}

/** 0 of `v1`, 1 of `v1beta1`, 2 of `v1alpha1`. */
function stability(apiVersion: string): number {
  return ["beta", "alpha"].findIndex((word) => apiVersion.includes(word)) + 1;
}

function wrongVersion(
  minor: string,
  apiVersion: string,
  kind: string,
  right: string,
): ObjectProblem {
  const message = `Kubernetes ${minor} has no ${kind} in ${apiVersion}. Write ${right}.`;
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

/** As Kubernetes' resource.ParseQuantity takes it. */
const quantityPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

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
  return typeof value === "number" || (typeof value === "string" && quantityPattern.test(value));
}

function knownFields(fields: object): string {
  const names = Object.keys(fields);
  const some = names.slice(0, 12).join(", ");
  return names.length > 12 ? `Known fields: ${some}, …` : `Known fields: ${some}.`;
}
