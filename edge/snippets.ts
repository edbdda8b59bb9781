/**
 * The operator's own Butane: translated apart, so that its mistakes are told at their own line, and
 * held against what Flotilla's parts write. Ignition merges it into the device's configuration by
 * its own rules, and there the later one wins without a word.
 */
import { valueAt } from "../fleet/grammar/check.ts";
import { InputError, type Mistake } from "../fleet/grammar/mistakes.ts";
import type { Device, Fleet, Snippet } from "../fleet/model/fleet.ts";
import { parseSource } from "../fleet/grammar/source.ts";
import { translateText, type Translation } from "./butane/translate.ts";
import type { Contribution } from "./parts/part.ts";

export interface SnippetReport {
  readonly mistakes: readonly Mistake[];
  /** What is sound, and seldom meant. */
  readonly warnings: readonly Mistake[];
}

interface Translated extends SnippetReport {
  /** Absent if, and only if, there are mistakes. */
  readonly ignition?: string;
}

/** A snippet of a site is one object on all of the site's devices: it is translated once. */
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
    mistakes: hidden ? placelessMistakes(snippet, error ?? "this is no Butane") : errors,
    warnings: ofKind("warning"),
    ...(ignition !== undefined && { ignition }),
  };
  translations.set(snippet, result);
  return result;
}

/**
 * What stops the translation before there is a report. Of YAML that is none our own reader says the
 * place more exactly; other errors have lines in them (`line 3: cannot unmarshal …`); the header's
 * have none, but say what they are about.
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
  const message = `${error}. Write variant: fcos, and a version that it has, like 1.5.0.`;
  return [{ ...placed(snippet, line, column), path: key, message }];
}

/** A place in a snippet's text as a place in its file. */
function placed({ file, line, column }: Snippet, innerLine = 1, innerColumn = 1) {
  return { file, line: line + innerLine - 1, column: column + innerColumn - 1 };
}

/**
 * The Ignition of each of the device's snippets, in their order.
 *
 * @throws InputError where one is no Butane
 */
export function snippetIgnitions(device: Device): readonly string[] {
  return device.snippets.map((snippet) => {
    const { ignition, mistakes } = translated(snippet);
    if (ignition === undefined) throw new InputError(mistakes);
    return ignition;
  });
}

const reports = new WeakMap<Fleet, SnippetReport>();

/**
 * Everything that is to be said of the fleet's snippets, each thing once.
 *
 * @param partsOf what Flotilla's parts give a device, by part
 */
export function checkedSnippets(
  fleet: Fleet,
  partsOf: (device: Device) => ReadonlyMap<string, Contribution>,
): SnippetReport {
  const known = reports.get(fleet);
  if (known !== undefined) return known;
  const mistakes = new Map<string, Mistake>();
  const warnings = new Map<string, Mistake>();
  const add = (to: Map<string, Mistake>, found: readonly Mistake[]) => {
    for (const mistake of found) to.set(JSON.stringify(mistake), mistake);
  };
  const owners = new Map<string, Owners>();
  for (const device of fleet.devices.filter(({ snippets }) => snippets.length > 0)) {
    // What parts write depends on nothing else of a device.
    const kind = [device.profile.name, device.site.name, device.connectivity].join(" ");
    const owned = owners.get(kind) ?? ownersOf(partsOf(device));
    owners.set(kind, owned);
    for (const snippet of device.snippets) {
      const result = translated(snippet);
      add(mistakes, result.mistakes);
      add(warnings, result.warnings);
      if (result.ignition !== undefined) {
        add(mistakes, trespasses(snippet, JSON.parse(result.ignition) as Ignition, owned));
      }
    }
  }
  const report = { mistakes: [...mistakes.values()], warnings: [...warnings.values()] };
  reports.set(fleet, report);
  return report;
}

/** Part by path, and part by unit. */
interface Owners {
  readonly paths: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, string>;
}

function ownersOf(parts: ReadonlyMap<string, Contribution>): Owners {
  const paths = new Map<string, string>();
  const units = new Map<string, string>();
  for (const [part, { directories = [], files = [], links = [], units: own = [] }] of parts) {
    for (const { path } of [...directories, ...files, ...links]) paths.set(path, part);
    for (const { name } of own) units.set(name, part);
  }
  return { paths, units };
}

const nodeLists = ["files", "directories", "links"] as const;

/** The part of Ignition that is looked at. */
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

function trespasses(snippet: Snippet, ignition: Ignition, owners: Owners): Mistake[] {
  const mistakes: Mistake[] = [];
  for (const list of nodeLists) {
    for (const { path } of ignition.storage?.[list] ?? []) {
      const owned = [...owners.paths.keys()].find(
        // A folder may stand above ours; a file or a link there would be in its way.
        (own) => own === path || (list !== "directories" && own.startsWith(`${path}/`)),
      );
      if (owned === undefined) continue;
      const at = placeIn(snippet, ["storage", list], "path", path);
      mistakes.push(trespass(at, owned, owners.paths.get(owned), "Write another path"));
    }
  }
  for (const { name, contents, enabled, mask } of ignition.systemd?.units ?? []) {
    const part = owners.units.get(name);
    // A drop-in alone adds to the unit, and that is what drop-ins are for.
    const replaces = [contents, enabled, mask].some((value) => value !== undefined);
    if (part === undefined || !replaces) continue;
    const at = placeIn(snippet, ["systemd", "units"], "name", name);
    mistakes.push(trespass(at, name, part, "Write a drop-in without contents, enabled and mask"));
  }
  return mistakes;
}

function trespass(at: Mistake, what: string, part: string | undefined, remedy: string): Mistake {
  const message = `${what} belongs to Flotilla's part "${part}", and this would replace it without a word. ${remedy}, or delete this.`;
  return { ...at, message };
}

/** Where `key: value` stands in the snippet's list at `path`; the snippet's start where it does not. */
function placeIn(snippet: Snippet, path: readonly string[], key: string, value: string): Mistake {
  const source = parseSource(snippet.file, snippet.text);
  const items = valueAt(source.value, path);
  const index = Array.isArray(items) ? items.findIndex((item) => item?.[key] === value) : -1;
  if (index < 0) return { ...placed(snippet), message: "" };
  const mistake = source.mistake([...path, index, key], "");
  return { ...mistake, ...placed(snippet, mistake.line, mistake.column) };
}
