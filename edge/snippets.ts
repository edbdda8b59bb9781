/**
 * Snippets: Butane documents that an operator adds to a device. Each is translated by itself, so its
 * mistakes have their own line, and compared with what Flotilla's parts add: Ignition merges it into
 * the device's configuration, and there the later one silently wins.
 */
import { valueAt } from "../fleet/grammar/check.ts";
import { InputError, type Mistake } from "../fleet/grammar/mistakes.ts";
import type { Snippet } from "../fleet/model/device.ts";
import { parseSource } from "../fleet/grammar/source.ts";
import { translateText, type Translation } from "./butane/translate.ts";

export interface SnippetReport {
  readonly mistakes: readonly Mistake[];
  /** What is valid, but rarely intended. */
  readonly warnings: readonly Mistake[];
}

/** The part that adds a path or a unit, by path and by unit. */
export interface Owners {
  readonly paths: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, string>;
}

interface Translated extends SnippetReport {
  /** Absent if, and only if, there are mistakes. */
  readonly ignition?: string;
}

/** A site's snippet is one object on all of the site's devices: it is translated once. */
const translations = new WeakMap<Snippet, Translated>();

function translated(snippet: Snippet): Translated {
  const known = translations.get(snippet);
  if (known !== undefined) return known;
  const { text, files } = snippet;
  const { ignition, error, report }: Translation = translateText(text, files && { files });
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
  };
  translations.set(snippet, result);
  return result;
}

/**
 * Mistakes that end the translation before there is a report. For invalid YAML, the place that our
 * own reader finds is more exact; other errors contain lines (`line 3: cannot unmarshal …`); the
 * header's errors have none, but name the key.
 */
function placelessMistakes(snippet: Snippet, error: string): Mistake[] {
  try {
    parseSource(snippet.file, snippet.text);
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
  return ignition;
}

/**
 * Everything that is wrong with the snippets of one device.
 *
 * @param owners what the device's parts add
 */
export function snippetReport(snippets: readonly Snippet[], owners: Owners): SnippetReport {
  const results = snippets.map((snippet) => ({ snippet, ...translated(snippet) }));
  return {
    mistakes: results.flatMap(({ snippet, mistakes, ignition }) =>
      ignition === undefined
        ? mistakes
        : replacements(snippet, JSON.parse(ignition) as Ignition, owners),
    ),
    warnings: results.flatMap(({ warnings }) => warnings),
  };
}

const nodeLists = ["files", "directories", "links"] as const;

/** The part of Ignition that is compared. */
interface Ignition {
  readonly storage?: Partial<Record<(typeof nodeLists)[number], readonly { path: string }[]>>;
  readonly systemd?: {
    readonly units?: readonly {
      readonly name: string;
      readonly contents?: string;
      readonly enabled?: boolean;
      readonly mask?: boolean;
    }[];
  };
}

/** What the snippet replaces of the parts. */
function replacements(snippet: Snippet, ignition: Ignition, owners: Owners): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const list of nodeLists) {
    for (const { path } of ignition.storage?.[list] ?? []) {
      const owned = [...owners.paths.keys()].find(
        // A folder may contain ours; a file or a link at its path would block it.
        (own) => own === path || (list !== "directories" && own.startsWith(`${path}/`)),
      );
      if (owned === undefined) continue;
      const at = placeIn(snippet, ["storage", list], "path", path);
      mistakes.push(replacement(at, owned, owners.paths.get(owned), "Write another path"));
    }
  }
  for (const { name, contents, enabled, mask } of ignition.systemd?.units ?? []) {
    const part = owners.units.get(name);
    // A drop-in alone adds to the unit, which is what drop-ins are for.
    const replaces = [contents, enabled, mask].some((value) => value !== undefined);
    if (part === undefined || !replaces) continue;
    const at = placeIn(snippet, ["systemd", "units"], "name", name);
    const remedy = "Write a drop-in without contents, enabled and mask";
    mistakes.push(replacement(at, name, part, remedy));
  }
  return mistakes;
}

function replacement(at: Mistake, what: string, part: string | undefined, remedy: string): Mistake {
  const message = `${what} belongs to Flotilla's part "${part}", and this silently replaces it. ${remedy}, or delete this.`;
  return { ...at, message };
}

/** The place of `key: value` in the snippet's list at `path`; the snippet's start if there is none. */
function placeIn(snippet: Snippet, path: readonly string[], key: string, value: string): Mistake {
  const source = parseSource(snippet.file, snippet.text);
  const items = valueAt(source.value, path);
  const index = Array.isArray(items) ? items.findIndex((item) => item?.[key] === value) : -1;
  if (index < 0) return { ...placed(snippet), message: "" };
  const mistake = source.mistake([...path, index, key], "");
  return { ...mistake, ...placed(snippet, mistake.line, mistake.column) };
}
