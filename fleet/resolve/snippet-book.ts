/** Butane of the operator's own (`butane:`), inline or from a file, with its place. */
import type { Mistake } from "../grammar/mistakes.ts";
import type { Snippet } from "../model/fleet.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { ReferencedFiles } from "./referenced-files.ts";
import type { Path, Source } from "../grammar/source.ts";

/** The snippets of every profile, site, device entry and override that has some. */
export interface SnippetBook {
  /** The snippets under `butane` of the entry at `path`; empty where it has none. */
  readonly at: (path: Path) => readonly Snippet[];
  readonly mistakes: readonly Mistake[];
}

type ButaneInput = FleetInput["profiles"][string]["butane"];

/** Without references nothing is read: then snippets from files are left out. */
export function snippetBook(
  source: Source,
  input: FleetInput,
  references?: ReferencedFiles,
): SnippetBook {
  const found = new Map<string, readonly Snippet[]>();
  const mistakes: Mistake[] = [];
  const add = (path: Path, butane: ButaneInput) => {
    if (butane === undefined) return;
    const at = [...path, "butane"];
    const items = Array.isArray(butane)
      ? butane.map((item, index) => [[...at, index], item] as const)
      : [[at, butane] as const];
    const snippets = items.flatMap(([place, item]) => {
      const result = snippet(source, place, item, references);
      if (result === undefined || "text" in result) return result ?? [];
      mistakes.push(result);
      return [];
    });
    found.set(keyOf(path), snippets);
  };
  for (const section of ["profiles", "sites", "devices"] as const) {
    for (const [name, entry] of Object.entries(input[section])) {
      add([section, name], entry.butane);
    }
  }
  for (const [name, { overrides }] of Object.entries(input.devices)) {
    for (const [device, { butane }] of Object.entries(overrides)) {
      add(["devices", name, "overrides", device], butane);
    }
  }
  return { at: (path) => found.get(keyOf(path)) ?? [], mistakes };
}

function keyOf(path: Path): string {
  return path.map(String).join("\n");
}

function snippet(
  source: Source,
  path: Path,
  item: string | { readonly file: string },
  references: ReferencedFiles | undefined,
): Snippet | Mistake | undefined {
  if (typeof item === "string") {
    const place = source.blockPlace(path);
    // Only in a literal block is every line of the snippet a line of the file.
    const message =
      "write Butane as a block: a bar, butane: |, and the text below it, indented. A file is { file: path }.";
    return place === undefined
      ? source.mistake(path, message)
      : withFiles({ text: item, file: source.file, ...place }, references);
  }
  if (references === undefined) return undefined;
  const result = references.read(item.file);
  if ("problem" in result) {
    return source.mistake([...path, "file"], `${result.problem}: ${JSON.stringify(item.file)}.`);
  }
  return withFiles({ ...result, line: 1, column: 1 }, references);
}

function withFiles(found: Snippet, { beside }: Partial<ReferencedFiles> = {}): Snippet {
  return beside === undefined ? found : { ...found, files: beside(found.file) };
}
