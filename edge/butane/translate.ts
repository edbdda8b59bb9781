/**
 * Translates Butane (variant fcos) to Ignition, by the table of the schema.
 *
 * The output is byte for byte that of `butane` 0.29.0. The header (`variant`, `version`) decides which
 * fields exist; a field that its version does not have is reported as unused. The steps and their order
 * are those of butane, because each step reports, and an error ends the translation after the step.
 */
import { assemble } from "./assemble.ts";
import { bootDevice } from "./boot-device.ts";
import type { ButaneConfig } from "./config.ts";
import { Decoder, TooManyMistakes } from "./decode.ts";
import { configuration } from "./fields.ts";
import { grubUsers } from "./grub.ts";
import { configCheck } from "./inline-config.ts";
import { encodeJson, encodePrettyJson, type Json, type JsonObject } from "./json.ts";
import { limitedFiles, type LocalFiles, noLocalFiles } from "../../fleet/model/local-files.ts";
import { merge } from "./merge.ts";
import { mountUnits } from "./mount-units.ts";
import { deepestNode, type Node, nodeOf, type Path, type Place, Places } from "./node.ts";
import { Origins } from "./origins.ts";
import { findPartitionRisks } from "./partition-risks.ts";
import { withQuadlets } from "./quadlets.ts";
import { Report, type ReportEntry } from "./report.ts";
import { DecodingError } from "./scalars.ts";
import { butaneOnly, shape } from "./schema.ts";
import { type Fields, fieldsIn, listIn } from "./source-checks.ts";
import { withTrees } from "./trees.ts";
import { isSemanticVersion, type Version, versionOf } from "./versions.ts";
import { checkOutput, checkSource, findDuplicates, findUnusedKeys } from "./walks.ts";
import { parseYaml, YamlError } from "./yaml.ts";

export interface Translation {
  /** JSON with a final newline; absent if and only if there is an error. */
  readonly ignition?: string;
  /** Why the translation failed. The report may say more. */
  readonly error?: string;
  readonly report: readonly ReportEntry[];
  readonly trace?: Trace;
}

/** The output as a value, and where each path in it comes from. */
export interface Trace {
  readonly output: JsonObject;
  /** The configuration in Butane's names. */
  readonly source: Fields;
  readonly placeOf: (path: Path) => SourcePlace;
}

interface SourcePlace extends Partial<Place> {
  readonly path: Path;
}

export interface TranslationOptions {
  /** Indented by two spaces. */
  readonly pretty?: boolean;
  /** Whether the result has a trace. */
  readonly traced?: boolean;
  /** The files beside the configuration. */
  readonly files?: LocalFiles;
}

/** Translates YAML text; the report names lines and columns. */
export function translateText(text: string, options: TranslationOptions = {}): Translation {
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const places = new Places(source);
  const placeOf = ({ offset }: Node) => (offset === undefined ? undefined : places.at(offset));
  try {
    return translateNode(parseYaml(source), placeOf, options);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return { error: `Error unmarshaling yaml: yaml: ${error.message}`, report: [] };
  }
}

/** Translates a configuration made in memory; the report names paths only. */
export function translateConfig(
  config: ButaneConfig,
  options: TranslationOptions = {},
): Translation {
  return translateNode(nodeOf(config), () => undefined, options);
}

type PlaceOf = (node: Node) => Place | undefined;

function translateNode(
  root: Node | undefined,
  placeOf: PlaceOf,
  options: TranslationOptions,
): Translation {
  const lineOf = (node: Node) => placeOf(node)?.line ?? 0;
  const version = versionOfHeader(root, lineOf);
  if (typeof version === "string" || root === undefined) {
    return { error: typeof version === "string" ? version : "", report: [] };
  }
  const decoder = new Decoder(version, lineOf);
  const fields = decoded(decoder, () => decoder.decode(configuration, root));
  if (typeof fields === "string") return { error: `yaml: ${fields}`, report: [] };
  const report = new Report();
  const run = new Run(version, report, limitedFiles(options.files ?? noLocalFiles));
  const output = run.translate(fields, root);
  const entries = report.entries(root, placeOf);
  if (typeof output === "string") return { error: output, report: entries };
  const encode = options.pretty ? encodePrettyJson : encodeJson;
  const placeInSource = (path: Path): SourcePlace => {
    const source = run.sourceOf(output, path);
    return { path: source, ...placeOf(deepestNode(root, source)) };
  };
  const trace = { output, source: fields, placeOf: placeInSource };
  return { ignition: encode(output), report: entries, ...(options.traced && { trace }) };
}

/** The version, or an error. */
function versionOfHeader(root: Node | undefined, lineOf: (node: Node) => number): Version | string {
  const noVariant = "error parsing variant; must be specified";
  if (root === undefined) return noVariant;
  const decoder = new Decoder(headerOnly, lineOf);
  const header = decoded(decoder, () => decoder.decode(headerFields, root));
  if (typeof header === "string") return `Error unmarshaling yaml: yaml: ${header}`;
  const { variant = "", version: name = "" } = header as Readonly<Record<string, string>>;
  if (variant === "") return noVariant;
  if (!isSemanticVersion(name)) return "error parsing version; must be a valid semver";
  const version = variant === "fcos" ? versionOf(name) : undefined;
  if (version !== undefined) return version;
  if (variant === "rhcos" && name === "0.1.0") {
    const guide = "https://coreos.github.io/butane/upgrading-openshift/";
    return `rhcos variant has been removed; use openshift variant instead: ${guide}`;
  }
  return otherVariants.has(variant)
    ? `Flotilla translates only the variant fcos; the variant ${variant} needs the program butane`
    : `No translator exists for variant ${variant} with version ${name}`;
}

/** The variants that butane 0.29.0 translates besides. */
const otherVariants: ReadonlySet<string> = new Set(["fiot", "flatcar", "openshift", "r4e"]);

/** The fields that butane reads first, in every version. */
const headerFields = shape("commonFields", [
  butaneOnly("version", "string"),
  butaneOnly("variant", "string"),
]);
const headerOnly: Version = {
  minor: 0,
  ignition: "",
  packages: { base: "config", fcos: "config" },
};

/** The result, or an error that lists all values of the wrong type. */
function decoded<Result>(decoder: Decoder, decode: () => Result): Result | string {
  const { mistakes } = decoder;
  const listed = () => ["unmarshal errors:", ...mistakes.map((each) => `  ${each}`)].join("\n");
  try {
    const result = decode();
    return mistakes.length === 0 ? result : listed();
  } catch (error) {
    if (error instanceof TooManyMistakes) return `${listed()}\n  and more, which are not listed`;
    if (error instanceof DecodingError) return error.message;
    throw error;
  }
}

const invalidSource = "source config is invalid";
const invalidOutput = "config generated was invalid";

class Run {
  readonly #version: Version;
  readonly #report: Report;
  readonly #files: LocalFiles;
  readonly #origins = new Origins();

  constructor(version: Version, report: Report, files: LocalFiles) {
    this.#version = version;
    this.#report = report;
    this.#files = files;
  }

  /** The source path of a path in the output. */
  sourceOf(output: JsonObject, path: Path): Path {
    return this.#origins.sourceOf(output, path);
  }

  /** The Ignition configuration, or an error. */
  translate(fields: Fields, root: Node): JsonObject | string {
    const version = this.#version;
    const note = this.#report.add.bind(this.#report);
    findUnusedKeys(configuration, fields, root, version, note);
    checkSource(configuration, fields, version, configCheck(version), note);
    if (this.#report.hasErrors) return invalidSource;
    const assembled = this.#assembled(fields);
    if (this.#report.hasErrors) return invalidSource;
    const desugared = this.#withBootDevice(assembled, fields);
    const risks: [Path, string][] = [];
    findPartitionRisks(desugared, version, (path, message) => risks.push([path, message]));
    const output = this.#under(grubUsers(fields, this.#origins), desugared);
    const noteOutput = (kind: "error" | "warning", path: Path, message: string) =>
      note(kind, this.#origins.sourceOf(output, path), message);
    for (const [path, message] of risks) noteOutput("warning", path, message);
    findDuplicates(configuration, output, version, noteOutput);
    checkOutput(configuration, output, version, noteOutput);
    return this.#report.hasErrors ? invalidOutput : output;
  }

  #assembled(fields: Fields): JsonObject {
    const context = {
      version: this.#version,
      files: this.#files,
      origins: this.#origins,
      refuse: (path: Path, message: string) => this.#report.add("error", path, message),
    };
    const { ignition, ...sections } = assemble(configuration, fields, context);
    const withVersion = {
      ...(ignition as JsonObject | undefined),
      version: this.#version.ignition,
    };
    const units = mountUnits(fields, this.#version, this.#origins);
    const added = units.length > 0 ? { systemd: { units } } : undefined;
    const output = this.#under(added, { ignition: withVersion, ...sections });
    const storage = fieldsIn(fields, "storage");
    const systemd = fieldsIn(fields, "systemd");
    const hasQuadlets = listIn(systemd, "quadlets").length > 0;
    if (storage["trees"] === undefined && !hasQuadlets) return output;
    const before = (output["storage"] ?? {}) as JsonObject;
    const grown = storage["trees"] === undefined ? before : withTrees(before, storage, context);
    const section = hasQuadlets ? withQuadlets(grown, systemd, context) : grown;
    return this.#replaced(output, "storage", section);
  }

  #withBootDevice(output: JsonObject, fields: Fields): JsonObject {
    return this.#under(bootDevice(fields, this.#origins), output);
  }

  #under(parent: JsonObject | undefined, child: JsonObject): JsonObject {
    if (parent === undefined) return child;
    const { minor } = this.#version;
    return merge(configuration, parent, child, { minor, origins: this.#origins });
  }

  /** With one section replaced, in Ignition's order. */
  #replaced(output: JsonObject, name: string, section: JsonObject): JsonObject {
    const sections: Record<string, Json> = {};
    for (const { output: key } of configuration.fields) {
      const value = key === name ? section : key === null ? undefined : output[key];
      if (key !== null && value !== undefined) sections[key] = value;
    }
    if (Object.keys(section).length === 0) delete sections[name];
    return sections;
  }
}
