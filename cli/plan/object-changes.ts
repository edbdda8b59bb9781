/** The differences between two versions of files with Kubernetes objects. */
import { loadAll } from "js-yaml";
import { isMapping } from "../../fleet/model/values.ts";
import { fieldChanges } from "./field-changes.ts";
import { refusedFields } from "./immutable-fields.ts";
import type { FieldChange, ObjectChange, Verb } from "./plan.ts";

/** A file of the state repository before and after; undefined if it does not exist. */
export interface FileChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

export function verbOf({ before, after }: { readonly before: unknown; readonly after: unknown }) {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}

/** The verb for several parts: "added" or "removed" only if all parts are. */
export function verbOfAll(all: readonly Verb[], isWhole: boolean): Verb {
  const [first = "changed"] = all;
  return isWhole && all.every((verb) => verb === first) ? first : "changed";
}

const valuesMax = 200_000;

/** Whether a value, with what its aliases stand for, is small enough to be compared. */
function isComparable(value: unknown): boolean {
  const open = [value];
  for (let count = 0; count < valuesMax; count += 1) {
    const next = open.pop();
    if (typeof next === "object" && next !== null) open.push(...Object.values(next));
    else if (open.length === 0) return true;
    if (open.length > valuesMax) return false;
  }
  return open.length === 0;
}

/** The documents of a YAML text that are objects; undefined if it is not valid YAML. */
export function documentsOf(text: string | undefined): readonly Fields[] | undefined {
  if (text === undefined) return [];
  try {
    const documents = loadAll(text);
    return isComparable(documents) ? documents.filter(isMapping) : undefined;
  } catch {
    // Edited by hand: it is compared as text.
    return undefined;
  }
}

/** The changes of each object in the files; a file that is not valid YAML counts as an object. */
export function objectChanges(files: readonly FileChange[]): readonly ObjectChange[] {
  const before = new Map<string, Fields>();
  const after = new Map<string, Fields>();
  const texts: ObjectChange[] = [];
  for (const file of files) {
    const [old, next] = [documentsOf(file.before), documentsOf(file.after)];
    if (old === undefined || next === undefined) {
      texts.push(textChange(file));
      continue;
    }
    for (const object of old) before.set(keyOf(object, file.path), named(object, file.path));
    for (const object of next) after.set(keyOf(object, file.path), named(object, file.path));
  }
  const keys = [...new Set([...after.keys(), ...before.keys()])];
  const objects = keys.flatMap((key) => changeOf(before.get(key), after.get(key)));
  return [...objects, ...texts];
}

/** Empty if the two are equal. */
export function changeOf(before: Fields | undefined, after: Fields | undefined): ObjectChange[] {
  const { kind, name, namespace } = identityOf(after ?? before ?? {});
  const change = verbOf({ before, after });
  const fields = change === "changed" ? manifestChanges(before ?? {}, after ?? {}) : [];
  if (change === "changed" && fields.length === 0) return [];
  const refused = change === "changed" ? refusedFields(before ?? {}, after ?? {}) : [];
  return [{ kind, name, namespace, change, fields, ...(refused.length > 0 && { refused }) }];
}

const secretFields = ["data", "stringData"];

/** For a Secret only the names of the changed keys, never their values. */
function manifestChanges(before: Fields, after: Fields): readonly FieldChange[] {
  if (![before, after].some(({ kind }) => kind === "Secret")) return fieldChanges(before, after);
  const changes = fieldChanges(without(before, secretFields), without(after, secretFields));
  const secrets = secretFields.flatMap((field) => {
    const [old, next] = [before[field], after[field]].map((value) =>
      isMapping(value) ? value : {},
    );
    const keys = new Set([...Object.keys(old ?? {}), ...Object.keys(next ?? {})]);
    return [...keys]
      .filter((key) => old?.[key] !== next?.[key])
      .map((key) => ({ path: `${field}.${key}`, secret: true as const }));
  });
  return [...changes.map(withoutLastApplied), ...secrets];
}

/** kubectl's annotation with the last applied object contains the data. */
function withoutLastApplied(change: FieldChange): FieldChange {
  return change.path.includes("annotations") ? { path: change.path, secret: true } : change;
}

function without(fields: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));
}

export function identityOf(object: Fields) {
  const metadata = isMapping(object["metadata"]) ? object["metadata"] : {};
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    kind: text(object["kind"]),
    name: text(metadata["name"]),
    namespace: text(metadata["namespace"]) || null,
  };
}

function keyOf(object: Fields, path: string): string {
  const { kind, name, namespace } = identityOf(object);
  const identity = kind === "" ? [path] : [object["apiVersion"], kind, namespace, name];
  return JSON.stringify(identity);
}

/** A file without a Kubernetes object, such as a chart's values, as an object. */
function named(object: Fields, path: string): Fields {
  if (identityOf(object).kind !== "") return object;
  return { kind: "File", metadata: { name: fileName(path) }, content: object };
}

const fileName = (path: string) => path.split("/").at(-1) ?? path;

function textChange(file: FileChange): ObjectChange {
  const change = verbOf(file);
  const name = fileName(file.path);
  // The text is not shown, because it may contain secrets.
  const fields = change === "changed" ? [{ path: "text", secret: true as const }] : [];
  return { kind: "File", name, namespace: null, change, fields };
}
