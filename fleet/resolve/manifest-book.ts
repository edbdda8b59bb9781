/** The YAML files of workloads that are made of plain manifests, read and checked. */
import { basename } from "node:path";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import type { ManifestFile } from "../model/workload.ts";
import { mergeValues } from "../model/values.ts";
import { manifestTemplates, renderManifests } from "./manifest-templates.ts";
import type { ReferencedFiles } from "./referenced-files.ts";
import { writtenValues } from "./written-values.ts";

/** The YAML files of each workload that has some, by the workload's name. */
export interface ManifestBook {
  readonly files: ReadonlyMap<string, readonly ManifestFile[]>;
  /** In fleet.yaml. */
  readonly mistakes: readonly Mistake[];
  /** In the files themselves. */
  readonly fileMistakes: readonly Mistake[];
}

/** @param references undefined: nothing is read */
export function manifestBook(
  source: Source,
  input: FleetInput,
  references: ReferencedFiles | undefined,
): ManifestBook {
  const files = new Map<string, readonly ManifestFile[]>();
  const mistakes: Mistake[] = [];
  const fileMistakes: Mistake[] = [];
  if (references === undefined) return { files, mistakes, fileMistakes };
  for (const [name, { manifests }] of Object.entries(input.workloads)) {
    if (manifests === undefined) continue;
    const found = readFolder(manifests, references);
    if ("problem" in found) {
      const message = `${found.problem}: ${JSON.stringify(manifests)}.`;
      mistakes.push(source.mistake(["workloads", name, "manifests"], message));
      continue;
    }
    files.set(name, found);
    fileMistakes.push(...mistakesInFiles(source, input, name, found));
  }
  return { files, mistakes, fileMistakes };
}

function readFolder(
  folder: string,
  { list, read }: ReferencedFiles,
): readonly ManifestFile[] | { readonly problem: string } {
  const all = list?.(folder) ?? [];
  if ("problem" in all) return all;
  const paths = all.filter((path) => /\.ya?ml$/.test(path));
  const found = paths.map(read);
  const files = found.filter((file) => "text" in file);
  const index = found.findIndex((file) => "problem" in file);
  const unread = found[index];
  if (unread !== undefined && "problem" in unread) {
    return { problem: `${basename(paths[index] ?? "")}: ${unread.problem}` };
  }
  return files.length > 0 ? files : { problem: "no YAML file in this folder" };
}

/** Mistakes in the files themselves, in any rendering; each mistake once. */
function mistakesInFiles(
  source: Source,
  { rings, sites, workloads }: FleetInput,
  name: string,
  files: readonly ManifestFile[],
): readonly Mistake[] {
  const templates = manifestTemplates(files);
  if (templates.mistakes.length > 0) return templates.mistakes;
  const [ring = ""] = rings;
  const version = workloads[name]?.versions[ring] ?? "";
  const { values, siteValues } = writtenValues(source, name);
  // A rendering that sites share does not name any of them.
  const shared = [Object.keys(sites)[0] ?? "", values] as const;
  const all = [
    shared,
    ...[...siteValues].map(([site, own]) => [site, mergeValues(values, own)] as const),
  ];
  const reported = new Map<string, Mistake>();
  for (const [site, own] of all) {
    const rendering = renderManifests(templates, name, { version, ring, site, values: own });
    for (const mistake of rendering.mistakes) {
      const { file, line, column, path } = mistake;
      const key = [file, line, column, path].join(":");
      if (!reported.has(key)) reported.set(key, mistake);
    }
  }
  return [...reported.values()];
}
