/** The reference of fleet.yaml: every key of its grammar, with an example from a fleet that is valid. */
import { Scalar, stringify } from "yaml";

/** The parts of Zod's JSON Schema that are used here. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** Keys that have no section of their own, by the mapping that they are in. */
const hiddenKeys: Readonly<Record<string, readonly string[]>> = {
  // They belong to this repository's own fleet.
  workloads: ["point-of-sale", "telemetry"],
  // A note says what they are.
  "devices.*": ["overrides"],
};

const levels = ["profiles", "sites", "devices"] as const;

/** A key with its place: `["cloud", "network", "nodes"]`; `*` for a name that the user chooses. */
interface Section {
  readonly title: string;
  /** What distinguishes this one of several alternatives: `, provider: google`. */
  readonly variant: string;
  readonly path: readonly string[];
  readonly schema: Schema;
}

/**
 * @param root the JSON Schema of fleet.yaml
 * @param examples fleets that are valid, in which every key occurs
 * @throws Error where a key occurs in none of them
 */
export function fleetFilePage(root: Schema, examples: readonly unknown[]): string {
  return new Page(root, examples).text();
}

class Page {
  private readonly root: Schema;
  private readonly examples: readonly unknown[];
  private readonly missing: string[] = [];

  constructor(root: Schema, examples: readonly unknown[]) {
    this.root = root;
    this.examples = examples;
  }

  text(): string {
    const sections = [
      ...this.sectionsOf({ title: "The file", variant: "", path: [], schema: this.root }),
      ...this.machineSections(),
    ];
    const body = sections.map((section) => this.section(section)).join("\n");
    if (this.missing.length > 0) {
      throw new Error(`no example has ${this.missing.join(", ")}: write it in every-key.yaml`);
    }
    return `# fleet.yaml\n\n${introduction}\n${body.trim()}\n`;
  }

  /** The section of a mapping, and those of the mappings in it. */
  private sectionsOf(section: Section): readonly Section[] {
    const { variant, path } = section;
    const schema = this.resolved(section.schema);
    const variants = schema.oneOf?.filter((each) => this.resolved(each).properties) ?? [];
    if (variants.length > 1) {
      return variants.flatMap((each) =>
        this.sectionsOf({ ...section, variant: this.nameOfVariant(each), schema: each }),
      );
    }
    const inner = this.keysOf(path, schema).flatMap(([name, key]) => {
      const below = this.belowOf(key);
      if (below === undefined) return [];
      const place = [...path, name, ...below.steps];
      return this.sectionsOf({
        title: titleOf(place),
        variant,
        path: place,
        schema: below.schema,
      });
    });
    return [section, ...inner, ...this.otherNames(section)];
  }

  /** The section of every name that a mapping with known names does not list. */
  private otherNames({ path, variant, schema }: Section): readonly Section[] {
    const { properties, additionalProperties } = this.resolved(schema);
    if (properties === undefined || typeof additionalProperties !== "object") return [];
    const place = [...path, "*"];
    return this.sectionsOf({
      title: titleOf(place),
      variant,
      path: place,
      schema: additionalProperties,
    });
  }

  /** The key that tells alternatives apart, with its value: `, provider: google`. */
  private nameOfVariant(variant: Schema): string {
    const keys = Object.entries(this.resolved(variant).properties ?? {});
    const [name = ""] = keys.flatMap(([key, { const: value }]) =>
      typeof value === "string" ? [`, ${key}: ${value}`] : [],
    );
    return name;
  }

  /** The keys that at least two of profiles, sites and devices share. */
  private machineSections(): readonly Section[] {
    const properties = Object.fromEntries(this.sharedKeys());
    const schema = { type: "object", description: levelsNote, properties };
    const title = "Profiles, sites and devices";
    // fleet.yaml itself has a key k3s too.
    return this.sectionsOf({ title, variant: " of a machine", path: ["*machine*"], schema });
  }

  private sharedKeys(): [string, Schema][] {
    const found = levels.map((level) => this.levelKeys(level));
    const names = new Set(found.flatMap((keys) => Object.keys(keys)));
    return [...names].flatMap((name) => {
      const [first, ...others] = found.flatMap((keys) => keys[name] ?? []);
      const isShared =
        others.length > 0 && others.every((key) => JSON.stringify(key) === JSON.stringify(first));
      return isShared && first !== undefined ? [[name, first] as [string, Schema]] : [];
    });
  }

  private levelKeys(level: string): Readonly<Record<string, Schema>> {
    const named = this.resolved(this.root.properties?.[level] ?? {}).additionalProperties;
    return typeof named === "object" ? (this.resolved(named).properties ?? {}) : {};
  }

  /** The keys of a mapping, without those of another section. */
  private keysOf(path: readonly string[], schema: Schema): [string, Schema][] {
    const entries = this.alternativesOf(schema).flatMap(({ properties }) =>
      Object.entries(properties ?? {}),
    );
    const isLevel = path.length === 2 && levels.some((level) => level === path[0]);
    const shared = new Set(isLevel ? this.sharedKeys().map(([name]) => name) : []);
    const elsewhere = hiddenKeys[path.join(".")] ?? [];
    return [...new Map(entries)].filter(([name]) => !shared.has(name) && !elsewhere.includes(name));
  }

  /** The mapping that the section of a key is about, and the steps to it. */
  private belowOf(key: Schema): { steps: string[]; schema: Schema } | undefined {
    const schema = this.resolved(key);
    if (this.isSecret(schema)) return undefined;
    const alternatives = this.alternativesOf(schema);
    if (alternatives.some(({ properties }) => properties !== undefined)) {
      return { steps: [], schema };
    }
    for (const { items, additionalProperties } of alternatives) {
      const ofItems = items && this.below("[]", items);
      const ofNames =
        typeof additionalProperties === "object" && this.below("*", additionalProperties);
      const below = ofItems ?? (ofNames || undefined);
      if (below !== undefined) return below;
    }
    return undefined;
  }

  /** `{ file }` or `{ env }`: what is read when an image is made. */
  private isSecret(schema: Schema): boolean {
    const alternatives = this.alternativesOf(schema);
    const names = alternatives.flatMap(({ properties }) => Object.keys(properties ?? {}));
    return names.length === alternatives.length && names.toSorted().join() === "env,file";
  }

  private below(step: string, schema: Schema) {
    const inner = this.belowOf(schema);
    return inner && { steps: [step, ...inner.steps], schema: inner.schema };
  }

  private section(section: Section): string {
    const { title, variant, path, schema } = section;
    const depth = "#".repeat(Math.min(2 + Math.max(0, path.filter(isStep).length - 1), 4));
    const keys = this.keysOf(path, this.resolved(schema));
    const { description } = this.resolved(schema);
    const intro =
      description === undefined || path.length === 0 ? "" : `${escaped(description)}\n\n`;
    const notes = path.length === 2 && path[0] === "devices" ? overridesNote : "";
    const machine = levels.some((level) => path.length === 2 && level === path[0])
      ? `Also everything under [Profiles, sites and devices](#profiles-sites-and-devices).\n\n`
      : "";
    const isPath = path.length > 0 && title !== "Profiles, sites and devices";
    const heading = isPath ? `\`${title}\`${variant}` : title;
    if (keys.length === 0) return `${depth} ${heading}\n\n${intro}${machine}`;
    const required = new Set(
      this.alternativesOf(this.resolved(schema)).flatMap((a) => a.required ?? []),
    );
    const isOptional = this.alternativesOf(this.resolved(schema)).length > 1;
    const rows = keys.map(([name, key]) =>
      this.row(section, [...path, name], key, required.has(name) && !isOptional),
    );
    const table = ["| key | value | what it is | example |", "| --- | --- | --- | --- |", ...rows];
    return `${depth} ${heading}\n\n${intro}${machine}${notes}${table.join("\n")}\n`;
  }

  private row(section: Section, path: readonly string[], key: Schema, isRequired: boolean): string {
    const schema = this.resolved(key);
    const below = this.belowOf(schema);
    const place =
      below && titleOf([...path, ...below.steps]) + this.variantBelow(section.variant, schema);
    const name = `\`${path.at(-1)}\``;
    const cells = [
      place === undefined ? name : `[${name}](#${anchorOf(place)})`,
      this.typeOf(schema) + defaultOf(schema) + (isRequired ? ", required" : ""),
      schema.description ?? "",
      this.exampleCell(path, schema),
    ];
    return `| ${cells.map(escaped).join(" | ")} |`;
  }

  /** Where alternatives have a section each, links lead to the first. */
  private variantBelow(variant: string, schema: Schema): string {
    const [first] = schema.oneOf ?? [];
    return (first && this.nameOfVariant(first)) || variant;
  }

  private exampleCell(path: readonly string[], { const: value }: Schema): string {
    if (value !== undefined) return `\`${String(value)}\``;
    // The examples show the keys that all add-ons share at one add-on.
    const isAddon = path[0] === "platform" && path[1] === "addons" && path.length > 3;
    const places = isAddon ? [path, path.with(2, "*")] : [path];
    const found = places
      .map((place) => this.examples.flatMap((example) => [...valuesAt(example, place)]))
      .reduce((own, others) => (own.length > 0 ? own : others), []);
    const [first] = found.toSorted((a, b) => written(a).length - written(b).length);
    if (first === undefined) {
      this.missing.push(path.join("."));
      return "";
    }
    const text = written(first);
    return text.length <= 72 ? `\`${text}\`` : "";
  }

  private typeOf(key: Schema): string {
    const schema = this.resolved(key);
    if (this.isSecret(schema)) return "`{ file: … }` or `{ env: … }`";
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives !== undefined) {
      return [...new Set(alternatives.map((each) => this.typeOf(each)))].join(" or ");
    }
    if (schema.const !== undefined) return `\`${String(schema.const)}\``;
    if (schema.enum !== undefined)
      return schema.enum.map((each) => `\`${String(each)}\``).join(", ");
    if (schema.type === "array") return "list";
    if (schema.type === "object") return "mapping";
    const types = [schema.type ?? "anything"].flat();
    return types.map((each) => typeNames[each] ?? each).join(" or ");
  }

  private alternativesOf(schema: Schema): readonly Schema[] {
    const alternatives = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (alternatives === undefined) return [schema];
    return alternatives.flatMap((each) => this.alternativesOf(this.resolved(each)));
  }

  private resolved(schema: Schema): Schema {
    const { $ref: reference, ...others } = schema;
    if (reference === undefined) return withoutNull(schema);
    const target = this.root.$defs?.[reference.replace("#/$defs/", "")];
    if (target === undefined) throw new Error(`the schema has no ${reference}`);
    return { ...this.resolved(target), ...others };
  }
}

const typeNames: Readonly<Record<string, string>> = { string: "text", integer: "number" };

/** Null is in a note: it removes what another level says. */
function withoutNull(schema: Schema): Schema {
  const { type, anyOf, ...others } = schema;
  const types = [type ?? []].flat().filter((each) => each !== "null");
  const [first, ...more] = (anyOf ?? []).filter((each) => each.type !== "null");
  if (anyOf !== undefined && first !== undefined && more.length === 0) {
    return { ...withoutNull(first), ...others };
  }
  return {
    ...others,
    ...(type !== undefined && { type: types.length === 1 ? (types[0] ?? "") : types }),
    ...(anyOf !== undefined && { anyOf: first === undefined ? [] : [first, ...more] }),
  };
}

/** Names and items add no depth of their own. */
const isStep = (step: string) => step !== "*" && step !== "[]";

const introduction = `Every key, generated from the grammar that checks the file. Your editor shows the same: the first line of a
fleet file names its schema. The examples are from [every-key.yaml](every-key.yaml) and
[every-key-existing.yaml](every-key-existing.yaml), two fleets that are valid.
`;

const levelsNote =
  "A device's value overrides its site's, and the site's overrides the profile's; in a range, `overrides` of a device override the range. Mappings are merged, and lists are replaced. `null` removes what an earlier level says: `gateway: null`, or one key of a mapping. `disk` is one value, which is not merged and cannot be null.";

const overridesNote = `A range (\`store-{0001..0024}\`) has all of these keys, and \`overrides\`: a mapping of names in the range to what
differs for them.

`;

/** \`\*machine\*\` is any of the three levels, and a device of a range's overrides. */
function* valuesAt(value: unknown, path: readonly string[]): Generator<unknown> {
  const [step, ...rest] = path;
  if (step === undefined) {
    yield value;
    return;
  }
  if (step === "*machine*") {
    for (const level of levels) yield* valuesAt(value, [level, "*", ...rest]);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  // A list can be in place of its one item.
  if (Array.isArray(value) && step !== "[]") {
    for (const each of value) yield* valuesAt(each, path);
    return;
  }
  if (step === "*" || step === "[]") {
    for (const each of Object.values(value)) {
      yield* valuesAt(each, rest);
      for (const inner of Object.values(overridesOf(each))) yield* valuesAt(inner, rest);
    }
    return;
  }
  const inner = (value as Readonly<Record<string, unknown>>)[step];
  if (inner !== undefined) yield* valuesAt(inner, rest);
}

function overridesOf(device: unknown): Readonly<Record<string, unknown>> {
  const { overrides } = (device ?? {}) as { overrides?: Readonly<Record<string, unknown>> };
  return overrides ?? {};
}

/** A value as it is written in one line of YAML. */
function written(value: unknown): string {
  const text = stringify(value, {
    collectionStyle: "flow",
    lineWidth: 0,
    defaultStringType: Scalar.PLAIN,
  });
  return text.trim().replaceAll("[ ", "[").replaceAll(" ]", "]");
}

function defaultOf({ default: value }: Schema): string {
  if (value === undefined || (typeof value === "object" && Object.keys(value ?? {}).length === 0)) {
    return "";
  }
  return `, default \`${written(value)}\``;
}

function titleOf(path: readonly string[]): string {
  const steps = path.filter((step) => step !== "*machine*");
  const named = steps.map((step) => (step === "*" ? "<name>" : step)).join(".");
  return named.replaceAll(".[]", "[]");
}

/** As GitHub derives it from a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function escaped(cell: string): string {
  const text = cell.replaceAll("|", "\\|").replaceAll("\n", " ");
  // Outside code.
  return text.replaceAll(/`[^`]*`|</g, (found) => (found === "<" ? "&lt;" : found));
}
