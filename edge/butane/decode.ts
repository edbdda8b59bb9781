/**
 * Reads the fields of a configuration from its tree, by the schema, with the errors of butane's YAML
 * library (Go's yaml.v3).
 */
import { goQuoted } from "./go.ts";
import { type Alias, type Mapping, type Node, type Scalar, valuesMax } from "./node.ts";
import { booleanOf, DecodingError, integerOf, isNothing, resolve } from "./scalars.ts";
import { type Field, fieldsOf, type Shape, type Type } from "./schema.ts";
import type { Fields } from "./source-checks.ts";
import type { Version } from "./versions.ts";

/** Stops the decoding; the mistakes so far are reported. */
export class TooManyMistakes extends Error {}

const mistakesMax = 1_000;

const textMax = 16 * 2 ** 20;

/** The share of values behind aliases that the library accepts. It falls with the number of values. */
function aliasedMax(decoded: number): number {
  const [few, many] = [400_000, 4_000_000];
  const part = Math.min(Math.max(decoded - few, 0) / (many - few), 1);
  return 0.99 - part * 0.89;
}

const typeNames = { string: "string", integer: "int", boolean: "bool" } as const;
const shownValueBytesMax = 10;

export class Decoder {
  readonly #version: Version;
  readonly #lineOf: (node: Node) => number;
  /** Aliases that are being followed. */
  readonly #open = new Set<Node>();
  /** How many values were read, with the document itself, and how many of them behind an alias. */
  #decoded = 1;
  #aliased = 0;
  #aliasedLength = 0;
  /** All values of the wrong type, each with its line. */
  readonly mistakes: string[] = [];

  /** `lineOf` is called only for a mistake. */
  constructor(version: Version, lineOf: (node: Node) => number) {
    this.#version = version;
    this.#lineOf = lineOf;
  }

  /** The fields of the whole configuration. */
  decode(shape: Shape, root: Node): Fields {
    return (this.#value(shape, root) ?? {}) as Fields;
  }

  /** False if a key appears twice. */
  hasUniqueKeys({ entries }: Mapping): boolean {
    const byText = new Map<string, Scalar[]>();
    for (const { key } of entries) {
      if (key.kind !== "scalar") continue;
      const same = byText.get(key.text);
      if (same === undefined) byText.set(key.text, [key]);
      else same.push(key);
    }
    const repeated = new Map([...byText].filter(([, same]) => same.length > 1));
    if (repeated.size === 0) return true;
    for (const { key } of entries) {
      const same = key.kind === "scalar" ? repeated.get(key.text) : undefined;
      const [first, ...later] = same ?? [];
      if (first === undefined) continue;
      for (const other of later) this.#addRepeated(first, other);
      same?.shift();
    }
    return false;
  }

  /** Reports a pair of equal keys. The library reports every pair: a million of them for 1,400 keys. */
  #addRepeated(key: Scalar, later: Scalar): void {
    const first = this.#lineOf(key);
    this.#add(later, `mapping key ${goQuoted(key.text)} already defined at line ${first}`);
  }

  #add(node: Node, mistake: string): void {
    if (this.mistakes.length >= mistakesMax) throw new TooManyMistakes();
    this.mistakes.push(`line ${this.#lineOf(node)}: ${mistake}`);
  }

  /**
   * Refuses a document that consists mostly of aliased values, as the library does, and one in which
   * aliases make more values or text than a document may have.
   */
  #count(node: Node): void {
    this.#decoded += 1;
    if (this.#open.size === 0) return;
    this.#aliased += 1;
    if (node.kind === "scalar") this.#aliasedLength += node.text.length;
    const share = this.#aliased / this.#decoded;
    const isBomb =
      this.#aliased > 100 && this.#decoded > 1_000 && share > aliasedMax(this.#decoded);
    if (!isBomb && this.#aliased <= valuesMax && this.#aliasedLength <= textMax) return;
    throw new DecodingError("document contains excessive aliasing");
  }

  /** Undefined for an absent value and for one of the wrong type. */
  #value(type: Wanted, node: Node): unknown {
    this.#count(node);
    if (node.kind === "alias") return this.#followed(node, () => this.#value(type, node.target()));
    if (node.kind === "scalar") return isNothing(node) ? undefined : this.#scalar(type, node);
    if (node.kind === "mapping") {
      if (!this.hasUniqueKeys(node)) return undefined;
      if (typeof type !== "object" || !("fields" in type)) return this.mismatch(node, type);
      const fields: Record<string, unknown> = {};
      this.#fill(type, node, fields, undefined);
      return fields;
    }
    if (typeof type !== "object" || !("items" in type)) return this.mismatch(node, type);
    const item: Wanted = type.items === "string" ? { text: type.itemName ?? "string" } : type.items;
    return node.items.map((one) => this.#value(item, one)).filter((one) => one !== undefined);
  }

  #followed<Result>(alias: Alias, follow: () => Result): Result {
    if (this.#open.has(alias)) {
      throw new DecodingError(`anchor '${alias.name}' value contains itself`);
    }
    this.#open.add(alias);
    const result = follow();
    this.#open.delete(alias);
    return result;
  }

  #scalar(type: Wanted, node: Scalar): unknown {
    if (type === "string" || (typeof type === "object" && "text" in type)) {
      return node.tag === "!!binary" ? resolve(node).value : node.text;
    }
    const value =
      type === "integer" ? integerOf(node) : type === "boolean" ? booleanOf(node) : undefined;
    return value ?? this.mismatch(node, type);
  }

  /** Keys in `taken` override those of a merge. */
  #fill(
    shape: Shape,
    mapping: Mapping,
    fields: Record<string, unknown>,
    taken: Set<string> | undefined,
  ): void {
    const { byName } = fieldsOf(shape, this.#version.minor);
    let merged: Node | undefined;
    for (const { key, value } of mapping.entries) {
      if (isMergeKey(key)) {
        merged = value;
        continue;
      }
      const name = this.#value("string", key) as string | undefined;
      if (name === undefined || taken?.has(name)) continue;
      taken?.add(name);
      const field = byName.get(name);
      if (field !== undefined) this.#set(field, value, fields);
    }
    if (merged === undefined) return;
    if (taken === undefined) for (const { key } of mapping.entries) this.#count(key);
    const names = mapping.entries.flatMap(({ key }) => (key.kind === "scalar" ? [key.text] : []));
    this.#merge(shape, merged, fields, taken ?? new Set(names));
  }

  #set({ name, type, written }: Field, node: Node, fields: Record<string, unknown>): void {
    const value = this.#value(type, node);
    const isEmpty = value === "" || value === 0;
    if (name !== null && value !== undefined && !(isEmpty && written === "filled")) {
      fields[name] = value;
    }
  }

  #merge(shape: Shape, node: Node, fields: Record<string, unknown>, taken: Set<string>): void {
    const mapping = node.kind === "alias" ? node.target() : node;
    if (mapping.kind === "list" && node.kind === "list") {
      for (const item of mapping.items) {
        const target = item.kind === "alias" ? item.target() : item;
        if (target.kind !== "mapping") throw notMergeable();
        this.#merge(shape, item, fields, taken);
      }
      return;
    }
    if (mapping.kind !== "mapping") throw notMergeable();
    this.#count(node);
    const fill = () => {
      if (node.kind === "alias") this.#count(mapping);
      if (this.hasUniqueKeys(mapping)) this.#fill(shape, mapping, fields, taken);
    };
    if (node.kind === "alias") this.#followed(node, fill);
    else fill();
  }

  mismatch(node: Node, type: Wanted): undefined {
    const wanted = typeName(type, this.#version.packages);
    this.#add(node, `cannot unmarshal ${shown(node)} into ${wanted}`);
  }
}

function notMergeable(): DecodingError {
  return new DecodingError("map merge requires map or sequence of maps as the value");
}

function isMergeKey(key: Node): boolean {
  return (
    key.kind === "scalar" &&
    key.text === "<<" &&
    (key.tag === "!!merge" || (key.tag === undefined && key.plain))
  );
}

/** The expected type of a value: a type of the schema, or an item of a list of texts. */
type Wanted = Type | { readonly text: string };

function typeName(type: Wanted, packages: Version["packages"]): string {
  if (typeof type === "string") return typeNames[type];
  if ("text" in type) return type.text === "string" ? type.text : `${packages.base}.${type.text}`;
  if ("fields" in type) return `${packages[type.package]}.${type.name}`;
  if (type.name !== undefined) return `${packages.base}.${type.name}`;
  const item: Wanted = type.items === "string" ? { text: type.itemName ?? "string" } : type.items;
  return `[]${typeName(item, packages)}`;
}

function shown(node: Node): string {
  if (node.kind === "alias") return "";
  const kindTag = { mapping: "!!map", list: "!!seq", scalar: undefined }[node.kind];
  const tag = node.tag ?? kindTag ?? (node.kind === "scalar" ? resolve(node).tag : "");
  const text = node.kind === "scalar" ? node.text : "";
  if (tag === "!!map" || tag === "!!seq") return `${tag}${text}`;
  const bytes = Buffer.from(text);
  const value = bytes.length > shownValueBytesMax ? `${bytes.toString("utf8", 0, 7)}...` : text;
  return `${tag} \`${value}\``;
}
