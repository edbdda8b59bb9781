/**
 * Snippets: Butane documents that an operator adds to a device. Each is translated by itself, so its
 * mistakes have their own line, and compared with what Flotilla's parts add: Ignition merges it into
 * the device's configuration, and there the later one silently wins. Finally all of them are merged
 * as on the device, and the result is checked.
 */
import { InputError, type Mistake } from "../fleet/grammar/mistakes.ts";
import type { Snippet } from "../fleet/model/device.ts";
import { parseSource } from "../fleet/grammar/source.ts";
import type { JsonObject } from "./butane/json.ts";
import type { Path } from "./butane/node.ts";
import { translateText, type Trace, type Translation } from "./butane/translate.ts";
import { checkAccounts, checkKernelArguments } from "./snippets/accounts.ts";
import { checkContents } from "./snippets/contents.ts";
import {
  checkBootDevices,
  checkBootVolume,
  checkDisks,
  checkVolumes,
  mistakeInLayout,
} from "./snippets/disks.ts";
import { checkDownloads } from "./snippets/downloads.ts";
import { type Layer, type Layers, layersOf, merged } from "./snippets/layers.ts";
import { mistakesInMerged, sameItem } from "./snippets/merged.ts";
import type { Finding, OwnSystem, Rule } from "./snippets/own-system.ts";
import { checkMounts, checkNodes } from "./snippets/paths.ts";
import { checkPrograms } from "./snippets/programs.ts";
import { checkQuadletFiles } from "./snippets/quadlets.ts";
import { checkServiceFiles } from "./snippets/services.ts";
import { checkSystemFiles, checkUnits } from "./snippets/units.ts";
import { checkKeptFiles, checkOwnVolumes } from "./snippets/volumes.ts";

export interface SnippetReport {
  readonly mistakes: readonly Mistake[];
  /** Valid, but rarely intended. */
  readonly warnings: readonly Mistake[];
}

interface Translated extends SnippetReport {
  /** Absent if, and only if, there are mistakes. */
  readonly ignition?: string;
  readonly trace?: Trace;
}

/** A site's snippet is one object on all of the site's devices: it is translated once. */
const translations = new WeakMap<Snippet, Translated>();

function translated(snippet: Snippet): Translated {
  const known = translations.get(snippet);
  if (known !== undefined) return known;
  const { text, files } = snippet;
  const options = { traced: true, ...(files && { files }) };
  const { ignition, error, report, trace }: Translation = translateText(text, options);
  const ofKind = (wanted: "error" | "warning") =>
    report
      .filter(({ kind }) => kind === wanted)
      .map(({ path, line, column, message }) => ({
        ...placed(snippet, line, column),
        path: path.replace(/^\$\.?/, ""),
        message,
      }));
  const errors = ofKind("error");
  const hidden = ignition === undefined && errors.length === 0;
  const result = {
    mistakes: hidden ? placelessMistakes(snippet, error ?? "this is not valid Butane") : errors,
    warnings: ofKind("warning"),
    ...(ignition !== undefined && { ignition }),
    ...(trace !== undefined && { trace }),
  };
  translations.set(snippet, result);
  return result;
}

/**
 * Mistakes that end the translation before there is a report. For invalid YAML, Flotilla's own reader finds a
 * more exact place; other errors contain lines (`line 3: cannot unmarshal …`); the
 * header's errors have none, but name the key.
 */
function placelessMistakes(snippet: Snippet, error: string): Mistake[] {
  try {
    // It also refuses numbers that Butane takes, so a header's error needs another place.
    if (error.startsWith("Error unmarshaling yaml")) parseSource(snippet.file, snippet.text);
  } catch (failure) {
    if (!(failure instanceof InputError)) throw failure;
    return failure.mistakes.map((mistake) => ({
      ...mistake,
      ...placed(snippet, mistake.line, mistake.column),
    }));
  }
  const lines = [...error.matchAll(/\bline (\d+): (.*)$/gm)];
  if (lines.length > 0) {
    return lines.map(([, line, message = ""]) => ({ ...placed(snippet, Number(line)), message }));
  }
  const key = /\bversion\b/.test(error) ? "version" : "variant";
  const found = new RegExp(`^ *${key}: *`, "m").exec(snippet.text);
  const line = snippet.text.slice(0, found?.index ?? 0).split("\n").length;
  const column = (found?.[0].length ?? 0) + 1;
  const message = `${error}. Write variant: fcos, and a version of it, like 1.5.0.`;
  return [{ ...placed(snippet, line, column), path: key, message }];
}

/** A place in a snippet's text as a place in its file. */
function placed({ file, line, column }: Snippet, innerLine = 1, innerColumn = 1) {
  return { file, line: line + innerLine - 1, column: column + innerColumn - 1 };
}

/** @throws InputError where the snippet is not valid Butane */
export function snippetIgnition(snippet: Snippet): string {
  const { ignition, mistakes } = translated(snippet);
  if (ignition === undefined) throw new InputError(mistakes);
  return repeatable(ignition);
}

const renderings = new WeakMap<Snippet, JsonObject>();

/**
 * What Ignition makes of a snippet with the configurations in it.
 *
 * @throws InputError where the snippet is not valid Butane
 */
export function renderedSnippet(snippet: Snippet): JsonObject {
  const known = renderings.get(snippet);
  if (known !== undefined) return known;
  const { rendered } = layersOf(JSON.parse(snippetIgnition(snippet)) as JsonObject);
  renderings.set(snippet, rendered);
  return rendered;
}

/**
 * If the power is cut before the first boot is marked as done, Ignition runs again, and refuses existing files,
 * even its own. So `overwrite` is set on all files that do not set it.
 */
function repeatable(ignition: string): string {
  const config = JSON.parse(ignition) as IgnitionFiles;
  const files = config.storage?.files;
  if (files === undefined) return ignition;
  const replacing = files.map((file) =>
    file.overwrite === undefined && file.contents?.source !== undefined
      ? { ...file, overwrite: true }
      : file,
  );
  return `${JSON.stringify({ ...config, storage: { ...config.storage, files: replacing } })}\n`;
}

interface IgnitionFiles {
  readonly storage?: {
    readonly files?: readonly {
      readonly overwrite?: boolean;
      readonly contents?: { readonly source?: string };
    }[];
  };
}

/**
 * Everything that is wrong with the snippets of one device: each by itself, what each does to the
 * parts, and what Ignition makes of all of them at the first boot.
 */
export function snippetReport(snippets: readonly Snippet[], own: OwnSystem): SnippetReport {
  const results = snippets.map((snippet) => ({ snippet, ...translated(snippet) }));
  const warnings = results.flatMap((result) => result.warnings);
  const invalid = results.flatMap((result) => result.mistakes);
  const traced = results.flatMap(({ snippet, trace }) =>
    trace === undefined ? [] : [{ snippet, trace, ...layersOf(trace.output) }],
  );
  const unread = traced.flatMap(({ snippet, trace, mistakes }) =>
    mistakes.map(({ path, message }) => placedAt(snippet, trace, path, message)),
  );
  const taken = traced.flatMap((each) => replacements(each, own));
  const mistakes = [...invalid, ...unread, ...taken];
  // A consequence of a mistake is not another mistake.
  return { mistakes: mistakes.length > 0 ? mistakes : mistakesInAll(traced, own), warnings };
}

interface Traced extends Layers {
  readonly snippet: Snippet;
  readonly trace: Trace;
}

const rules: readonly Rule[] = [
  checkContents,
  checkNodes,
  checkMounts,
  checkUnits,
  checkSystemFiles,
  checkQuadletFiles,
  checkServiceFiles,
  checkPrograms,
  checkDisks,
  checkBootDevices,
  checkVolumes,
  checkBootVolume,
  checkOwnVolumes,
  checkKeptFiles,
  checkAccounts,
  checkKernelArguments,
  checkDownloads,
];

/** What a configuration beside the parts takes from them, or the system refuses. */
export function findingsIn(config: JsonObject, own: OwnSystem): readonly Finding[] {
  return rules.flatMap((rule) => rule(config, own));
}

/** What one snippet takes from the parts; one mistake for each place of it. */
function replacements({ snippet, trace, layers }: Traced, own: OwnSystem): readonly Mistake[] {
  const found = new Map<string, Mistake>();
  const add = (mistake: Mistake) => {
    const key = JSON.stringify([mistake.line, mistake.column, mistake.path]);
    if (!found.has(key)) found.set(key, mistake);
  };
  for (const layer of layers) {
    for (const { path, message } of findingsIn(layer.config, own)) {
      add(placedIn(layer, snippet, trace, path, message));
    }
  }
  const inLayout = mistakeInLayout(trace.source["boot_device"], own);
  if (inLayout !== undefined) add(placedAt(snippet, trace, ["bootDevice"], inLayout));
  return [...found.values()];
}

/** Mistakes that only the configuration of all snippets and parts together shows. */
function mistakesInAll(traced: readonly Traced[], own: OwnSystem): readonly Mistake[] {
  const all = traced.reduce((before, { rendered }) => merged(before, rendered), own.config);
  return mistakesInMerged(all, own).map(({ path, message }) => {
    for (const { snippet, trace, layers } of traced.toReversed()) {
      for (const layer of layers.toReversed()) {
        const same = sameItem(all, path, layer.config);
        if (same !== undefined) return placedIn(layer, snippet, trace, same, message);
      }
    }
    const [first] = traced;
    if (first === undefined) throw new Error(`Flotilla's own parts are not valid: ${message}`);
    return { ...placed(first.snippet), message: `${path.join(".")}: ${message}` };
  });
}

function placedIn(
  layer: Layer,
  snippet: Snippet,
  trace: Trace,
  path: Path,
  message: string,
): Mistake {
  if (layer.within === "") return placedAt(snippet, trace, path, message);
  const inside = `In ${layer.within}, ${path.join(".")}: ${message}`;
  return placedAt(snippet, trace, layer.at, inside);
}

/** The place in the snippet of a path in its Ignition. */
function placedAt(snippet: Snippet, trace: Trace, path: Path, message: string): Mistake {
  const { path: source, line, column } = trace.placeOf(path);
  return { ...placed(snippet, line, column), path: source.join("."), message };
}
