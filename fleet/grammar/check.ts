/** Validates a source against a schema and words each mistake for the operator. */
import type { z } from "zod";
import { droppedKeys, keysAt, variantWith } from "./definitions.ts";
import { isMerged } from "./merged-values.ts";
import { InputError, type Mistake } from "./mistakes.ts";
import { closest } from "../model/names.ts";
import { keyOfOtherWord } from "./other-words.ts";
import { isMapping } from "../model/values.ts";
import type { Path, Source } from "./source.ts";

/**
 * The source's value with its defaults filled in.
 *
 * @throws InputError with every mistake, in the order of the file.
 */
export function check<Schema extends z.ZodType>(source: Source, schema: Schema): z.output<Schema> {
  const { value, mistakes } = checkLeniently(source, schema);
  if (mistakes.length > 0 || value === undefined) throw new InputError(inOrder(mistakes));
  return value;
}

/** The valid parts of a source, and the mistakes in the rest. */
export interface Checked<Value> {
  /** The value without its invalid parts; undefined if the rest does not match the schema. */
  readonly value: Value | undefined;
  readonly mistakes: readonly Mistake[];
}

/** Every mistake of a source; none if it matches the schema. */
export function mistakesIn(source: Source, schema: z.ZodType): Mistake[] {
  return worded(source, schema, schema.safeParse(source.value).error);
}

function worded(source: Source, schema: z.ZodType, error: z.ZodError | undefined): Mistake[] {
  return withoutFollowing(error?.issues ?? []).flatMap((issue) =>
    mistakesOf(source, schema, issue),
  );
}

/**
 * Like `check`, but continues with the valid parts, so that an unknown profile and a misspelled key
 * are reported in the same run.
 */
export function checkLeniently<Schema extends z.ZodType>(
  source: Source,
  schema: Schema,
): Checked<z.output<Schema>> {
  const first = schema.safeParse(source.value);
  if (first.success) return { value: first.data, mistakes: [] };
  const mistakes = worded(source, schema, first.error);
  const remainder: unknown = structuredClone(source.value);
  let { issues } = first.error;
  // Each round removes the innermost invalid values. If one is required, the next removes its
  // parent.
  for (let round = 0; round < 8; round++) {
    if (!issues.every((issue) => remove(remainder, issue))) break;
    const next = schema.safeParse(remainder);
    if (next.success) return { value: next.data, mistakes };
    ({ issues } = next.error);
  }
  return { value: undefined, mistakes };
}

/**
 * zod checks the length of a list even if it finds a text, and a whole number against its own limit before that
 * of the schema.
 */
function withoutFollowing(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const places = issues.flatMap(({ code, path }) =>
    code === "invalid_type" ? [JSON.stringify(path)] : [],
  );
  const wrong = new Set(places);
  const isSize = ({ code }: z.core.$ZodIssue) => code === "too_big" || code === "too_small";
  const lastOfPlace = new Map(
    issues.filter(isSize).map((issue) => [JSON.stringify(issue.path), issue]),
  );
  return issues.filter((issue) => {
    const place = JSON.stringify(issue.path);
    return !isSize(issue) || (!wrong.has(place) && lastOfPlace.get(place) === issue);
  });
}

/** Removes the value of the issue; false if that is the whole document. */
function remove(value: unknown, issue: z.core.$ZodIssue): boolean {
  if (issue.code === "unrecognized_keys") {
    const parent = valueAt(value, issue.path) as Record<string, unknown> | undefined;
    for (const key of issue.keys) delete parent?.[key];
    return true;
  }
  const absent = valueAt(value, issue.path) === undefined;
  const path = absent ? issue.path.slice(0, -1) : issue.path;
  const key = path.at(-1);
  if (key === undefined) return false;
  const parent = valueAt(value, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, key);
  return true;
}

/** By file, and in the order of each file. */
export function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  const files = [...new Set(mistakes.map(({ file }) => file))].toSorted();
  return mistakes.toSorted(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}

/** Keys that a user's own schema does not have, and does not refuse. */
export function droppedKeyMistakes(source: Source, schema: z.ZodType): Mistake[] {
  return droppedKeys(schema, source.value).map((path) => {
    const message = unrecognizedKey(source, schema, path.slice(0, -1), String(path.at(-1)));
    return source.keyMistake(path, message);
  });
}

function mistakesOf(source: Source, schema: z.ZodType, issue: z.core.$ZodIssue): Mistake[] {
  if (isOfResult(source, issue)) return [];
  const { path } = issue;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) =>
        source.keyMistake([...path, key], unrecognizedKey(source, schema, path, key)),
      );
    case "invalid_union":
      if (issue.discriminator === undefined) {
        const meant = issue.message === noMessage ? meantVariant(issue) : undefined;
        if (meant === undefined) break;
        return meant.flatMap((inner) =>
          mistakesOf(source, schema, { ...inner, path: [...path, ...inner.path] }),
        );
      }
      return variantMistake(source, path, "options" in issue ? (issue.options ?? []) : []);
    case "invalid_key":
      return issue.issues.map(({ message }) => source.keyMistake(path, message));
    case "invalid_type":
      return isOwnMessage(issue) && valueAt(source.value, path) !== undefined
        ? [source.mistake(path, issue.message)]
        : typeMistake(source, schema, path, issue.expected);
    case "invalid_value": {
      const found = valueAt(source.value, path);
      if (found === undefined && !isInList(source, path)) return missing(source, schema, path);
      if (isOwnMessage(issue)) break;
      const allowed = issue.values.map(String);
      // An object can have no text.
      const word = typeof found === "object" ? show(found) : String(found);
      return [source.mistake(path, notOneOf(show(found), allowed, word))];
    }
  }
  const message = isOwnMessage(issue)
    ? issue.message
    : plainMessage(issue, valueAt(source.value, path));
  return [source.mistake(path, message)];
}

/**
 * Whether the issue is about only one level of merged values: another level can have what is
 * missing here. The result is checked in fleet/resolve/own-value-mistakes.ts.
 */
function isOfResult(source: Source, { code, path }: z.core.$ZodIssue): boolean {
  if (!isMerged(path)) return false;
  const found = valueAt(source.value, path);
  return found === undefined || (isMapping(found) && /^(custom|invalid_union)$/.test(code));
}

/** What zod says about a union that has no message for the value. */
const noMessage = "Invalid input";

/** The mistakes in the one variant of a union that has the type of what was found. */
function meantVariant({
  errors,
}: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const meant = errors.filter((issues) =>
    issues.every(({ code, path }) => code !== "invalid_type" || path.length > 0),
  );
  return meant.length === 1 ? meant[0] : undefined;
}

/** Whether the schema has a message of its own. */
function isOwnMessage({ message }: z.core.$ZodIssue): boolean {
  return !/^(Invalid|Too (small|big):|Unrecognized key) ?/.test(message);
}

/** Replaces a message of zod, which does not say what was found. */
function plainMessage(issue: z.core.$ZodIssue, found: unknown): string {
  switch (issue.code) {
    case "too_small":
      return sizeMessage(found, "small", issue.inclusive === false ? "more than" : "at least", {
        bound: issue.minimum,
        unit: unitOf(issue.origin),
      });
    case "too_big":
      return sizeMessage(found, "large", issue.inclusive === false ? "less than" : "at most", {
        bound: issue.maximum,
        unit: unitOf(issue.origin),
      });
    case "not_multiple_of":
      return `found ${show(found)}. Write a multiple of ${issue.divisor}.`;
    case "invalid_format":
      return `found ${show(found)}. Write ${formatWords(issue)}.`;
    case "invalid_union": {
      const types = issue.errors.flatMap(([first]) =>
        first?.code === "invalid_type" && first.path.length === 0
          ? [typeNames[first.expected] ?? first.expected]
          : [],
      );
      if (types.length === issue.errors.length && types.length > 0) {
        return `found ${show(found)}. Write ${[...new Set(types)].join(" or ")}.`;
      }
    }
  }
  return `found ${show(found)}, which is not valid here. Write another value.`;
}

function unitOf(origin: string): string {
  if (origin === "string") return "characters";
  return /^(number|int|bigint|date)$/.test(origin) ? "" : "items";
}

function sizeMessage(
  found: unknown,
  word: string,
  side: string,
  { bound, unit }: { readonly bound: number | bigint; readonly unit: string },
): string {
  if (unit === "") return `${show(found)} is too ${word}. Write ${side} ${bound}.`;
  const { length } = isMapping(found) ? Object.keys(found) : (found as string | unknown[]);
  return `found ${show(found)} with ${length} ${unit}. Write ${side} ${bound}.`;
}

function formatWords(
  issue: z.core.$ZodIssueInvalidStringFormat & {
    readonly prefix?: string;
    readonly suffix?: string;
    readonly includes?: string;
  },
): string {
  const { pattern, prefix, suffix, includes } = issue;
  switch (issue.format) {
    case "regex":
      return `text that matches ${pattern}`;
    case "starts_with":
      return `text that starts with ${JSON.stringify(prefix)}`;
    case "ends_with":
      return `text that ends with ${JSON.stringify(suffix)}`;
    case "includes":
      return `text that contains ${JSON.stringify(includes)}`;
    default:
      return issue.message.replace(/^Invalid/, "a valid");
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
  int: "a whole number",
  number: "a number",
  boolean: "true or false",
};

function typeMistake(source: Source, schema: z.ZodType, path: Path, expected: string): Mistake[] {
  const found = valueAt(source.value, path);
  const wanted = typeNames[expected] ?? expected;
  if (path.length === 0) {
    const holds = found === null || found === undefined ? "is empty" : `contains ${show(found)}`;
    return [source.mistake(path, `this file ${holds}. Write ${wanted}.`)];
  }
  if (found === undefined && !isInList(source, path)) return missing(source, schema, path);
  const quoted = wanted === "text" && (typeof found === "number" || typeof found === "boolean");
  const written = source.written(path) ?? show(found);
  if (typeof found === "number" && !Number.isFinite(found) && wanted !== "text") {
    const short = written.length > 60 ? `${written.slice(0, 56)}…` : written;
    const message = `found ${short}, which is too large or not a number. Write ${wanted}.`;
    return [source.mistake(path, message)];
  }
  const remedy = quoted ? `text, in quotes: "${written}"` : wanted + listHint(wanted, found);
  return [source.mistake(path, `found ${quoted ? written : show(found)}. Write ${remedy}.`)];
}

/** A program can have undefined in a list, which has no keys that are missing. */
function isInList(source: Source, path: Path): boolean {
  return Array.isArray(valueAt(source.value, path.slice(0, -1)));
}

/** How to write the list that a text was meant to be. */
function listHint(wanted: string, found: unknown): string {
  if (wanted !== typeNames["array"] || typeof found !== "string") return "";
  if (found.startsWith("-")) return ", with a space after each hyphen: - item";
  return `: [${found}]`;
}

/** A mapping whose key (the last one of `path`) says which variant it is, and does not. */
function variantMistake(
  source: Source,
  path: Path,
  options: readonly z.core.util.Primitive[],
): Mistake[] {
  const found = valueAt(source.value, path);
  const key = String(path.at(-1));
  const allowed = options.map(String);
  if (found !== undefined) {
    const word = typeof found === "string" ? found : "";
    return [source.mistake(path, notOneOf(show(found), allowed, word))];
  }
  const above = path.slice(0, -1);
  const written = Object.keys(valueAt(source.value, above) as object);
  const misspelled = written.find((other) => closest(other, [key]) === key);
  if (misspelled !== undefined) {
    return [source.keyMistake([...above, misspelled], unknownKey(misspelled, [key]))];
  }
  const message = `"${key}" is missing. Write it here, with one of: ${allowed.join(", ")}.`;
  return [source.keyMistake(above, message)];
}

function unrecognizedKey(source: Source, schema: z.ZodType, path: Path, key: string): string {
  const own = keysAt(schema, path, source.value);
  const other = variantWith(schema, path, source.value, key);
  return other === undefined
    ? unknownKey(key, own)
    : `"${key}" requires ${other}. Delete it here. Known keys: ${own.join(", ")}.`;
}

function missing(source: Source, schema: z.ZodType, path: Path): Mistake[] {
  const above = path.slice(0, -1);
  const key = String(path.at(-1));
  if (isMisspelled(source, above, key, keysAt(schema, above, source.value))) return [];
  return [source.keyMistake(above, `"${key}" is missing. Write it here.`)];
}

/**
 * Whether there is a similar key: then that one is reported, and not the missing one.
 *
 * @param known keys that are not misspelled, however similar
 */
export function isMisspelled(
  source: Source,
  path: Path,
  key: string,
  known: readonly string[] = [key],
): boolean {
  const found = valueAt(source.value, path);
  if (typeof found !== "object" || found === null) return false;
  return Object.keys(found).some(
    (other) => !known.includes(other) && closest(other, [key]) === key,
  );
}

/** A fleet has thousands of devices. */
const namesMax = 60;

/** The same wording for schemas and for references: `found "canry". Write one of: …`. */
export function notOneOf(found: string, allowed: readonly string[], word: string): string {
  const near = closest(word, allowed);
  const suggestion = near === undefined ? "" : ` Did you mean ${near}?`;
  const rest = allowed.length - namesMax;
  const more = rest > 0 ? `, … (${rest} more)` : "";
  const listed = allowed.slice(0, namesMax).join(", ");
  return `found ${found}. Write one of: ${listed}${more}.${suggestion}`;
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = closest(key, known) ?? keyOfOtherWord(key, known);
  if (near !== undefined) return `unknown key "${key}". Did you mean ${near}?`;
  if (key === "hostname") return 'unknown key "hostname". The host name of a device is its name.';
  return `unknown key "${key}". Known keys: ${known.join(", ")}.`;
}

/** A value as YAML would show it, short. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") {
    const name = classOf(value);
    return name === undefined ? "a mapping" : `a value of the class ${name}`;
  }
  // JSON has no word for these.
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  // Neither do programs write these in YAML.
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  const text = typeof value === "bigint" ? `${value}n` : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 56)}…"` : text;
}

/** The class of an object that a program made; undefined for a plain object. */
export function classOf(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain ? undefined : String(prototype.constructor?.name);
}

/** What a value is, without the value: it can be a secret. */
export function showType(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
    case "boolean":
    case "bigint":
      return `a ${typeof value}`;
    default:
      return show(value);
  }
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, segment) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[segment],
    value,
  );
}
