/** Loads a user's own code for a fleet file, and checks what it exports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { DeviceParts } from "../../../edge/device-part.ts";
import { InputError, type Mistake } from "../../../fleet/grammar/mistakes.ts";
import { placeAt } from "../../../fleet/grammar/syntax-mistake.ts";
import { ConstructError } from "../../../fleet/model/construct-error.ts";
import { ownCodeFile } from "../../../fleet/model/contract.ts";
import type { Place } from "../../../fleet/model/workload.ts";
import { grammarOf, type Grammar } from "../../../gitops/grammar.ts";
import { builtIn, withOwn, type Registry } from "../../../gitops/registry.ts";
import { shownPath } from "../../terminal/session.ts";
import { spoilTrace } from "../../runs/disk-trace.ts";
import { findOwnCode } from "./config-file.ts";
import type { FleetDefinition } from "./definition.ts";
import { noteBundle } from "./own-failure.ts";
import { definitionMistakes } from "./definition-mistakes.ts";

/** What a fleet can be made of. */
export interface OwnCode {
  /** The workloads and add-ons: built-in ones and a user's own. */
  readonly registry: Registry;
  /** What the fleet file may say about them. */
  readonly grammar: Grammar;
  /** Parts of devices. */
  readonly parts: DeviceParts;
  /** Adds to the hub's Terraform. @default nothing */
  readonly infra?: FleetDefinition["infra"];
  /** The file that it is from, and the folder of its bundle. @default the fleet has no flotilla.config.ts */
  readonly source?: { readonly file: string; readonly bundle: string };
}

/** What there is without flotilla.config.ts. */
export const noOwnCode: OwnCode = ownCodeOf({});

function ownCodeOf(definition: FleetDefinition): OwnCode {
  const registry = withOwn(definition);
  const parts = new Map(Object.entries(definition.deviceParts ?? {}));
  const schemas = [...parts].map(([name, { values }]) => [name, values] as const);
  return {
    registry,
    grammar: grammarOf(registry, Object.fromEntries(schemas)),
    parts,
    ...(definition.infra && { infra: definition.infra }),
  };
}

/**
 * Runs flotilla.config.ts of a fleet, if it has one.
 *
 * @throws InputError where it is not valid, ConstructError with its own exception
 */
export async function loadOwnCode(fleetFile: string): Promise<OwnCode> {
  const config = findOwnCode(fleetFile);
  if (config === undefined) return noOwnCode;
  // Most fleets have no code of their own, and need no bundler.
  const { bundleOwnCode } = await import("./bundle.ts");
  const { offerEntries } = await import("./entries.ts");
  const { offerPackages } = await import("./on-demand.ts");
  const { folder, isClosed, required } = await bundleOwnCode(config);
  if (!isClosed) spoilTrace();
  await offerEntries(required);
  offerPackages();
  noteBundle(folder);
  const module = await run(folder);
  const file = shownPath(config);
  if (!("default" in module)) {
    const message = `the default export is missing. Write: export default defineFleet({ … });`;
    throw new InputError([{ file, line: 1, column: 1, message }]);
  }
  const mistakes = definitionMistakes(module.default, builtIn);
  if (mistakes.length > 0) {
    const text = readFileSync(config, "utf8");
    throw new InputError(mistakes.map((mistake) => ({ file, ...placeIn(text, mistake) })));
  }
  return {
    ...ownCodeOf(module.default as FleetDefinition),
    source: { file: config, bundle: folder },
  };
}

async function run(bundle: string): Promise<{ readonly default?: unknown }> {
  const file = join(bundle, "config.mjs");
  try {
    return await import(/* @vite-ignore */ pathToFileURL(file).href);
  } catch (cause) {
    const place = cause instanceof SyntaxError ? importPlace(bundle, cause.message) : undefined;
    if (place === undefined) throw new ConstructError({ where: [ownCodeFile] }, cause);
    const [message = ""] = (cause as SyntaxError).message.split("\n");
    throw new InputError([{ ...place, message: `${message.replace(/\.*$/, "")}.` }]);
  }
}

/** The first import of a package that does not export what is asked of it: Node's error has no line. */
function importPlace(bundle: string, message: string): Place | undefined {
  const [, name] = /requested module '([^']+)'/.exec(message) ?? [];
  if (name === undefined) return undefined;
  for (const file of sourcesOf(bundle).filter((each) => existsSync(each))) {
    const text = readFileSync(file, "utf8");
    const found = ["'", '"'].map((quote) => text.indexOf(quote + name + quote));
    const offset = found.find((index) => index >= 0);
    if (offset !== undefined) return { file: shownPath(file), ...placeAt(text, offset) };
  }
  return undefined;
}

/** The sources of every module of a bundle, including those that are loaded on demand. */
function sourcesOf(bundle: string): string[] {
  const maps = readdirSync(bundle).filter((name) => name.endsWith(".map"));
  return maps.flatMap((map) => {
    const { sources } = JSON.parse(readFileSync(join(bundle, map), "utf8")) as {
      readonly sources: readonly string[];
    };
    return sources.map((source) => resolve(bundle, source));
  });
}

/**
 * A value of the program has no line: a good guess is the first place of its names after the export, or
 * else of its last name in the text.
 */
function placeIn(
  text: string,
  { path, message }: Pick<Mistake, "message"> & { readonly path: readonly string[] },
): Omit<Mistake, "file"> {
  const start = Math.max(text.search(/\bexport\s+default\b/), 0);
  const offset = path.reduce<number | undefined>((from, name) => {
    const found = from === undefined ? -1 : text.slice(from).search(wordPattern(name));
    return found < 0 ? undefined : (from ?? 0) + found;
  }, start);
  const last = path.at(-1);
  const anywhere = last === undefined ? start : Math.max(text.search(wordPattern(last)), 0);
  return { ...placeAt(text, offset ?? anywhere), path: path.join("."), message };
}

function wordPattern(name: string): RegExp {
  const escaped = name.replaceAll(/[^A-Za-z0-9_]/g, "\\$&");
  return new RegExp(`(?<![A-Za-z0-9_-])${escaped}(?![A-Za-z0-9_-])`);
}
