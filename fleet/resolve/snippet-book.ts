/** The operator's own Butane (`butane:`), inline or from a file, with its position. */
import type { Mistake } from "../grammar/mistakes.ts";
import type { Snippet } from "../model/device.ts";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { ReferencedFiles } from "../model/referenced-files.ts";
import type { Path, Source } from "../grammar/source.ts";
import { entriesOf } from "./entries.ts";

/** The snippets of all profiles, sites, devices and overrides. */
export interface SnippetBook {
  /** The snippets under `butane` of the entry at `path`; empty if it has none. */
  readonly at: (path: Path) => readonly Snippet[];
  readonly mistakes: readonly Mistake[];
}

type ButaneInput = FleetInput["profiles"][string]["butane"];

/** @param references undefined: no file is read, and snippets from files are omitted */
export function snippetBook(
  source: Source,
  input: FleetInput,
  references?: ReferencedFiles,
): SnippetBook {
  const found = new Map<string, readonly Snippet[]>();
  const mistakes: Mistake[] = [];
  const add = (path: Path, butane: ButaneInput) => {
    if (butane === undefined || butane === null) return;
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
  for (const [path, { butane }] of entriesOf(input)) add(path, butane);
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
    // Only in a literal block each line of the snippet is a line of the file.
    const message =
      "this is not a block. Write butane: | and the text below it, indented. For a file write { file: path }.";
    return place === undefined
      ? source.mistake(path, message)
      : withFiles({ text: item, file: source.fileOf(path), ...place }, references);
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
