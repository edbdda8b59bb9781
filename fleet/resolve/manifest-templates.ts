/**
 * A workload of plain YAML: its files are parsed, placeholders replaced, and objects put into the
 * workload's namespace. Every mistake is reported at its own line of its own file.
 *
 *   ${version} ${ring} ${site} ${values.<key>}   values of the rendering; a key may have dots
 *   $${…}                                        the text ${…} itself; also of an expression in it
 *
 * A placeholder that is a whole plain scalar gets the value's type (`replicas: ${values.tills}`).
 * In quotes or inside other text it becomes text. The files are YAML 1.1, as for kubectl: `0644` is
 * octal, and a time of day or a date is text.
 */
import {
  isAlias,
  isCollection,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
} from "yaml";
import type { Document, Scalar, Tags } from "yaml";
import { show } from "../grammar/check.ts";
import { definedKinds, groupOf, isNamespaced } from "../model/kinds.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { ManifestFile, Place } from "../model/workload.ts";
import { foreignManifest } from "./foreign-manifest.ts";
import { closest } from "../model/names.ts";
import { placeholder, unclosedPlaceholder } from "./placeholders.ts";
import { hugeNumberProblem } from "../grammar/odd-scalars.ts";
import { placeAt, syntaxMistake, type TextMistake } from "../grammar/syntax-mistake.ts";
import { documentMistakes, textMistake } from "../grammar/yaml-guard.ts";
import { objectLengthMax, sizeProblem, tooLong } from "../kubernetes/object-size.ts";
import { isMapping, type Values } from "../model/values.ts";

/** The values of placeholders. */
export interface ManifestVariables {
  readonly version: string;
  readonly ring: string;
  readonly site: string;
  readonly values: Values;
  /** A value as the fleet file has it, by its keys: `1.10` for the number 1.1. @default it is not known */
  readonly written?: (keys: readonly string[]) => string | undefined;
}

/** A Kubernetes object with the fields that Flotilla requires. */
export interface PlainObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface PlacedObject {
  readonly manifest: PlainObject;
  /** Where it starts. */
  readonly place: Place;
  /** The place of a field, or of the innermost part of its path that is written. */
  readonly placeOf: (path: readonly string[]) => Place;
}

export interface RenderedManifests {
  readonly objects: readonly PlacedObject[];
  readonly mistakes: readonly Mistake[];
}

/** One YAML document of a file, parsed. */
interface Template {
  readonly file: string;
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/** The files of a workload, parsed once for all renderings. */
export interface ManifestTemplates {
  readonly templates: readonly Template[];
  readonly mistakes: readonly Mistake[];
  /** Whether they contain `${site}`: then two sites cannot share a rendering. */
  readonly namesSite: boolean;
}

/** The place of each is searched for from the start of its scalar. */
const placeholderMistakesMax = 100;

/** kubectl does not support sexagesimal numbers and dates. */
const kubernetesTags = (tags: Tags): Tags =>
  tags.filter(
    (tag) =>
      typeof tag === "string" ||
      (tag.tag !== "tag:yaml.org,2002:timestamp" && !("format" in tag && tag.format === "TIME")),
  );

export function manifestTemplates(files: readonly ManifestFile[]): ManifestTemplates {
  const templates: Template[] = [];
  const mistakes: Mistake[] = [];
  for (const { file, text } of files) {
    const lines = new LineCounter();
    const unreadable = textMistake(text);
    if (unreadable !== undefined) {
      const { offset, message } = unreadable;
      mistakes.push({ file, ...placeAt(text, offset), message });
      continue;
    }
    const documents = parseAllDocuments(text, {
      version: "1.1",
      customTags: kubernetesTags,
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
    });
    const all = "empty" in documents ? [] : documents;
    const syntax = syntaxMistake(
      text,
      all.flatMap(({ errors }) => errors),
    );
    if (syntax !== undefined) {
      mistakes.push({ file, ...placeOf(lines, syntax.offset), message: syntax.message });
      continue;
    }
    for (const document of all) {
      const { contents } = document;
      const empty = contents === null || (isScalar(contents) && contents.value === null);
      if (!empty) templates.push({ file, text, document, lines });
      mistakes.push(
        ...[...documentMistakes(document, true), ...oddNodes(document)].map(
          ({ offset, message }) => ({
            file,
            ...placeOf(lines, offset),
            message,
          }),
        ),
      );
    }
  }
  return { templates, mistakes, namesSite: files.some(({ text }) => namesSite(text)) };
}

const protoMessage = 'the key "__proto__" is not allowed. Write another name.';

/**
 * Keys that are not text, such as `{{ .Values.name }}` of a Helm chart without quotes, or `!!binary`; and numbers
 * that would change.
 */
function oddNodes(document: Document): readonly TextMistake[] {
  const found: TextMistake[] = [];
  visit(document, {
    Pair: (_, { key: written }) => {
      const key = isAlias(written) ? written.resolve(document) : written;
      if (isScalar(key) && key.value === "__proto__") {
        const offset = (isNode(written) ? written.range?.[0] : undefined) ?? 0;
        found.push({ offset, message: protoMessage });
      }
      const isBinary = isScalar(key) && typeof key.value === "object" && key.value !== null;
      if (!isCollection(key) && !isBinary) return;
      const what = isBinary ? "binary data" : "a list or a mapping";
      const offset = (isNode(written) ? written.range?.[0] : undefined) ?? 0;
      const message = `found ${what} as a key. Write text; templates are written \${version}, not {{ version }}.`;
      found.push({ offset, message });
    },
    Scalar: (_, node) => {
      const message = hugeNumberProblem(node);
      if (message !== undefined) found.push({ offset: node.range?.[0] ?? 0, message });
    },
  });
  return found;
}

function namesSite(text: string): boolean {
  return [...text.matchAll(placeholder)].some(([, name]) => name === "site");
}

function placeOf(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/**
 * The objects of one rendering, in the order of the files.
 *
 * @param namespace the workload's own, in which every namespaced object is put
 */
export function renderManifests(
  { templates }: ManifestTemplates,
  namespace: string,
  variables: ManifestVariables,
): RenderedManifests {
  const mistakes: Mistake[] = [];
  const raw = templates.map((template) => {
    const document = template.document.clone();
    const unknown = replaced(template, document, variables);
    mistakes.push(...unknown);
    // An object with an unknown placeholder is not checked further.
    const isWhole = unknown.length === 0;
    return { template, document, value: document.toJS({ maxAliasCount: -1 }) as unknown, isWhole };
  });
  const defined = raw.flatMap(({ value }) => definedKinds(value));
  const seen = new Map<string, Place>();
  const objects = raw.flatMap(({ template, document, value, isWhole }): PlacedObject[] => {
    if (!isWhole) return [];
    const start = documentPlace(template);
    const place: Place = { file: template.file, ...start };
    const placeOfPath = (path: readonly string[]): Place => {
      const offset = offsetAt(document, path);
      const at = offset === undefined ? start : placeOf(template.lines, offset);
      return { file: template.file, ...at };
    };
    const report: Report = (path, message) => {
      mistakes.push({ ...placeOfPath(path), path: path.join("."), message });
      return [];
    };
    const size = sizeProblem(value);
    if (size !== undefined) return report([], size);
    const foreign = foreignManifest(template.file, value);
    if (foreign !== undefined) return report([], foreign);
    const object = validObject(value, report);
    if (object === undefined) return [];
    const { apiVersion, kind, metadata } = object;
    const group = groupOf(apiVersion);
    const namespaced = isNamespaced(group, kind, defined);
    const misplaced = misplacedMessage(object, namespaced, namespace);
    if (misplaced !== undefined) return report(["metadata", misplaced.key], misplaced.message);
    const key = `${group}/${kind}/${metadata.name}`;
    const existing = seen.get(key);
    if (existing !== undefined) {
      const message = `${kind} ${metadata.name} is already defined at ${existing.file}:${existing.line}:${existing.column}. Delete one of the two, or write another name.`;
      return report(["metadata", "name"], message);
    }
    seen.set(key, place);
    const own = namespaced ? { ...metadata, namespace } : metadata;
    return [{ manifest: { ...object, metadata: own }, place, placeOf: placeOfPath }];
  });
  return { objects, mistakes };
}

/** The position of a document's first key, after any comment. */
function documentPlace({ document, lines }: Template): { line: number; column: number } {
  return placeOf(lines, document.contents?.range?.[0] ?? 0);
}

/** The position of the innermost part of `path` that exists. */
function offsetAt(document: Document, path: readonly string[]): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: number[] } | undefined;
    if (node?.range) return node.range[0];
  }
  return undefined;
}

/** Replaces placeholders by values, and returns the mistakes in them. */
function replaced(template: Template, document: Document, variables: ManifestVariables): Mistake[] {
  const mistakes: Mistake[] = [];
  let length = 0;
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== "string" || !node.value.includes("${")) return;
      const unclosed = unclosedPlaceholder(node.value);
      if (unclosed !== undefined && mistakes.length < placeholderMistakesMax) {
        const { index, message } = unclosed;
        const place = matchPlace(template, node, /\$\{/g, (_match, number) => number === index);
        mistakes.push({ ...place, message });
      }
      const whole = /^\$\{([^{}]*)\}$/.exec(node.value);
      const placeOfName = (name: string) =>
        matchPlace(template, node, placeholder, ({ 1: other }) => other === name);
      const valueOf = (name: string): string | number | boolean => {
        if (length > objectLengthMax || mistakes.length >= placeholderMistakesMax) return "";
        const found = lookUp(name, variables);
        if (typeof found === "object") {
          mistakes.push({ ...placeOfName(name), message: found.problem });
          return "";
        }
        length += String(found).length;
        if (length <= objectLengthMax) return found;
        const message = tooLong("with its placeholders replaced, this object");
        mistakes.push({ ...placeOfName(name), message });
        return "";
      };
      const textOf = (name: string): string => {
        const value = valueOf(name);
        const written = typeof value === "number" ? variables.written?.(keysOf(name)) : undefined;
        if (written !== undefined && written !== String(value)) {
          const message = `\${${name}} is ${written} in fleet.yaml, a number that would be ${value} here. Write it there in quotes: "${written}".`;
          mistakes.push({ ...placeOfName(name), message });
        }
        return String(value);
      };
      node.value =
        whole?.[1] !== undefined && node.type === "PLAIN"
          ? valueOf(whole[1])
          : node.value.replace(placeholder, (_all, name: string | undefined) =>
              name === undefined ? "${" : textOf(name),
            );
    },
  });
  return mistakes;
}

/** The position of the first match in a scalar, which may have many lines; its start if there is none. */
function matchPlace(
  { file, text, lines }: Template,
  node: Scalar,
  pattern: RegExp,
  isIt: (match: RegExpExecArray, number: number) => boolean,
): Pick<Mistake, "file" | "line" | "column"> {
  const [start = 0, end = 0] = node.range ?? [];
  let number = 0;
  for (const match of text.slice(start, end).matchAll(pattern)) {
    if (isIt(match, number)) return { file, ...placeOf(lines, start + match.index) };
    number += 1;
  }
  return { file, ...placeOf(lines, start) };
}

function lookUp(
  name: string,
  { values, written: _written, ...plain }: ManifestVariables,
): string | number | boolean | { readonly problem: string } {
  const simple: Readonly<Record<string, string>> = plain;
  if (Object.hasOwn(simple, name)) return simple[name] ?? "";
  const keys = keysOf(name);
  let found: unknown = keys.length > 0 ? values : undefined;
  for (const key of keys) {
    found = isMapping(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  switch (typeof found) {
    case "string":
    case "number":
    case "boolean":
      return found;
    case "undefined": {
      const known = [...Object.keys(plain), ...valueNames(values, "values")];
      const near = closest(name, known);
      const hint = near === undefined ? "" : ` Did you mean \${${near}}?`;
      const all = known.map((each) => `\${${each}}`).join(", ");
      return {
        problem: `found \${${name}}. Write one of: ${all}.${hint} For this text itself, write $\${${name}}.`,
      };
    }
  }
  const message = `\${${name}} is ${show(found)}, which cannot be part of a text. Write one of its keys here, or text, a number, true or false in fleet.yaml.`;
  return { problem: message };
}

/** The keys below `values` of a placeholder; none if it is not such a one. */
function keysOf(name: string): readonly string[] {
  const [first, ...keys] = name.split(".");
  return first === "values" ? keys : [];
}

/** The placeholders for single values: `values.a`, `values.b.c`. */
function valueNames(values: Values, prefix: string): string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    isMapping(value) ? valueNames(value, `${prefix}.${key}`) : [`${prefix}.${key}`],
  );
}

/** Reports a mistake; there is no object then. */
type Report = (path: readonly string[], message: string) => never[];

/** A valid name in Kubernetes, with the colons of roles. It becomes part of a file name. */
const namePattern = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?$/;

/** The value as an object with a kind and a name, or undefined after its mistakes are reported. */
function validObject(value: unknown, report: Report): PlainObject | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    report(
      [],
      `found ${show(value)}. Write a Kubernetes object with apiVersion, kind and metadata.`,
    );
    return undefined;
  }
  const { apiVersion, kind, metadata } = value as Readonly<Record<string, unknown>>;
  const { name, generateName } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  if (name === undefined && generateName !== undefined) {
    const message = "generateName makes another object at each synchronization. Write name.";
    report(["metadata", "generateName"], message);
    return undefined;
  }
  const problems = [
    textProblem(["apiVersion"], apiVersion, /^([a-z0-9.-]+\/)?v[a-z0-9]+$/, "apps/v1"),
    textProblem(["kind"], kind, /^[A-Z][A-Za-z0-9]*$/, "Deployment"),
    textProblem(["metadata", "name"], name, namePattern, "price-board"),
  ].filter((problem) => problem !== undefined);
  for (const { path, message } of problems) report(path, message);
  return problems.length === 0 ? (value as PlainObject) : undefined;
}

function textProblem(
  path: readonly string[],
  found: unknown,
  pattern: RegExp,
  example: string,
): { readonly path: readonly string[]; readonly message: string } | undefined {
  const key = path.at(-1) ?? "";
  if (found === undefined || found === null) {
    const message = `"${key}" is missing. Every object requires it: write one like ${example}.`;
    return { path, message };
  }
  if (typeof found === "string" && pattern.test(found)) return undefined;
  return { path, message: `found ${show(found)}. Write ${key} as text, like ${example}.` };
}

function misplacedMessage(
  { kind, metadata: { name, namespace: written } }: PlainObject,
  namespaced: boolean,
  namespace: string,
): { readonly key: string; readonly message: string } | undefined {
  if (kind === "Namespace" && name !== namespace) {
    const message = `found ${show(name)}. The workload's namespace is ${namespace}: write that name, or delete this object.`;
    return { key: "name", message };
  }
  if (written === undefined || (namespaced && written === namespace)) return undefined;
  const message = namespaced
    ? `found ${show(written)}. The workload's namespace is ${namespace}: write that name, or delete this line.`
    : `a ${kind} does not have a namespace. Delete this line.`;
  return { key: "namespace", message };
}
