/**
 * Butane, variant fcos, to Ignition: one walk over the source, led by the table in schema.ts.
 *
 * The output is what `butane` 0.29.0 prints, byte for byte where no contents are gzipped. The
 * header (`variant`, `version`) decides which fields exist; a field that this version does not have
 * is reported as unused, as the real tool does, and one that this translator can't do yet is an
 * error.
 */
import type { ButaneConfig } from "./config.ts";
import type { Find } from "./checks.ts";
import { encodeJson, type Json, type JsonObject } from "./json.ts";
import { type Mapping, type Node, nodeOf, type Path } from "./node.ts";
import { Report, type ReportEntry } from "./report.ts";
import { booleanOf, integerOf, isNothing } from "./scalars.ts";
import { configuration, type Field, type ListType, type Shape, type Type } from "./schema.ts";
import { type Version, versionNames, versionOf } from "./versions.ts";
import { parseYaml } from "./yaml.ts";

export interface Translation {
  /** Compact JSON with a final newline; absent if, and only if, the report has an error. */
  readonly ignition?: string;
  readonly report: readonly ReportEntry[];
}

/** Translates YAML text; the report names lines and columns. */
export function translateText(text: string): Translation {
  const report = new Report();
  const root = parseYaml(text, report);
  return root === undefined || report.hasErrors
    ? { report: report.entries(root) }
    : translateNode(root, report);
}

/** Translates a configuration made in memory; the report names paths only. */
export function translateConfig(config: ButaneConfig): Translation {
  return translateNode(nodeOf(config), new Report());
}

function translateNode(root: Node, report: Report): Translation {
  const version = versionOfHeader(root, report);
  if (version === undefined) return { report: report.entries(root) };
  const walk = new Walk(version, report);
  const output = walk.object(configuration, root, []);
  if (!report.hasErrors) walk.check();
  const entries = report.entries(root);
  if (report.hasErrors) return { report: entries };
  const ignition = encodeJson({ ignition: { version: version.ignition }, ...output });
  return { ignition, report: entries };
}

function versionOfHeader(root: Node, report: Report): Version | undefined {
  const found = (name: string) => {
    const node = root.kind === "mapping" ? root.entries.get(name)?.value : undefined;
    return node?.kind === "scalar" ? node.text : undefined;
  };
  const variant = found("variant");
  if (variant !== "fcos") {
    report.add("error", ["variant"], `found ${quoted(variant)}; write \`variant: fcos\``);
  }
  const version = versionOf(found("version") ?? "");
  if (version === undefined) {
    const known = versionNames.join(", ");
    report.add("error", ["version"], `found ${quoted(found("version"))}; write one of ${known}`);
  }
  return report.hasErrors ? undefined : version;
}

class Walk {
  readonly #version: Version;
  readonly #report: Report;
  /** Checks wait until the whole source is known to be sound. */
  readonly #checks: (() => void)[] = [];

  constructor(version: Version, report: Report) {
    this.#version = version;
    this.#report = report;
  }

  check(): void {
    for (const check of this.#checks) check();
  }

  object(shape: Shape, node: Node, path: Path): JsonObject {
    const mapping = node.kind === "mapping" || isEmpty(node);
    if (!mapping) {
      this.#mismatch(node, "a mapping", path);
      return {};
    }
    const entries = node.kind === "mapping" ? node.entries : noEntries;
    this.#reportUnused(shape, entries, path);
    const fields: Record<string, Json> = {};
    for (const field of this.#fieldsOf(shape)) {
      const child = entries.get(field.name)?.value;
      const value = child && this.#value(field.type, child, [...path, field.name]);
      if (value !== undefined) fields[field.name] = value;
    }
    return this.#finish(shape, fields, path);
  }

  #finish(shape: Shape, fields: Readonly<Record<string, Json>>, path: Path): JsonObject {
    const completed = shape.complete?.(fields, this.#version);
    if (completed !== undefined && "refused" in completed) {
      this.#report.add("error", [...path, completed.field], completed.refused);
      return {};
    }
    const output: Record<string, Json> = {};
    const origins: Record<string, string> = {};
    for (const { name, output: outputName, required } of this.#fieldsOf(shape)) {
      if (outputName === null) continue;
      const value = completed?.output[outputName] ?? fields[name] ?? (required ? "" : undefined);
      if (value !== undefined && !isEmptyCollection(value)) output[outputName] = value;
      origins[outputName] = completed?.origins[outputName] ?? name;
    }
    const find: Find = (outputPath, message) => {
      const sourcePath = outputPath.map((step) => origins[step] ?? step);
      this.#report.add("error", [...path, ...sourcePath], message);
    };
    for (const check of shape.checks) this.#checks.push(() => check(output, find));
    return output;
  }

  #value(type: Type, node: Node, path: Path): Json | undefined {
    if (type === "unsupported") {
      const message = "Flotilla does not translate this field: remove it";
      this.#report.add("error", path, message);
      return undefined;
    }
    if (typeof type === "object") {
      return "items" in type ? this.#list(type, node, path) : this.object(type, node, path);
    }
    if (node.kind !== "scalar") return this.#mismatch(node, nounOf[type], path);
    if (isNothing(node)) return undefined;
    const value =
      type === "string" ? node.text : type === "integer" ? integerOf(node) : booleanOf(node);
    return value ?? this.#mismatch(node, nounOf[type], path);
  }

  /** Items that are nothing (`- ~`) are left out, as the real tool does. */
  #list(type: ListType, node: Node, path: Path): Json | undefined {
    if (isEmpty(node)) return undefined;
    if (node.kind !== "list") return this.#mismatch(node, "a list", path);
    return node.items
      .filter((item) => !isEmpty(item))
      .map((item, index): Json => this.#value(type.items, item, [...path, index]) ?? "");
  }

  #reportUnused(shape: Shape, entries: Mapping["entries"], path: Path): void {
    const known = new Set(this.#fieldsOf(shape).map(({ name }) => name));
    for (const [key, { place }] of entries) {
      if (!known.has(key)) {
        this.#report.add("warning", [...path, key], `unused key ${key}`, place);
      }
    }
  }

  #fieldsOf(shape: Shape): readonly Field[] {
    return shape.fields.filter(({ since }) => since <= this.#version.minor);
  }

  #mismatch(node: Node, wanted: string, path: Path): undefined {
    const found =
      node.kind === "scalar" ? quoted(node.text) : node.kind === "list" ? "a list" : "a mapping";
    this.#report.add("error", path, `found ${found}; write ${wanted}`);
    return undefined;
  }
}

const nounOf = {
  string: "a text",
  integer: "a whole number, without quotes",
  boolean: "true or false",
} as const;

const noEntries: Mapping["entries"] = new Map();

function isEmpty(node: Node): boolean {
  return node.kind === "scalar" && isNothing(node);
}

function isEmptyCollection(value: Json): boolean {
  if (typeof value !== "object") return false;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

function quoted(text: string | undefined): string {
  return text === undefined ? "nothing" : `\`${text}\``;
}
