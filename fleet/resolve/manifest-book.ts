/** The YAML files of workloads that are made of plain manifests, read and checked. */
import { basename, normalize } from "node:path";
import type { FleetInput } from "../grammar/fleet-schema.ts";
import type { Mistake } from "../grammar/mistakes.ts";
import type { Source } from "../grammar/source.ts";
import type { ManifestFile } from "../model/workload.ts";
import { checkedMinors } from "../kubernetes/schemas.ts";
import { startingPins } from "../lock/pins.ts";
import { isSecretNamed, repeatedSecret } from "../model/workload.ts";
import { fieldAt, mergeValues } from "../model/values.ts";
import { valueAt } from "../grammar/check.ts";
import { manifestTemplates, renderManifests, type PlacedObject } from "./manifest-templates.ts";
import { objectMistakes } from "./object-mistakes.ts";
import type { ReferencedFiles } from "../model/referenced-files.ts";
import { writtenValues } from "./written-values.ts";

/** The YAML files of each workload that has some, by the workload's name. */
export interface ManifestBook {
  readonly files: ReadonlyMap<string, readonly ManifestFile[]>;
  /** In fleet.yaml. */
  readonly mistakes: readonly Mistake[];
  /** In the files themselves. */
  readonly fileMistakes: readonly Mistake[];
  /** Objects in the files that are not checked. */
  readonly notes: readonly Mistake[];
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
  const notes: Mistake[] = [];
  if (references === undefined) return { files, mistakes, fileMistakes, notes };
  let known: readonly string[] | undefined;
  // The lock is read for a fleet with manifests only.
  const minors = () => (known ??= minorsOf(input, references));
  for (const [name, { manifests }] of Object.entries(input.workloads)) {
    if (manifests === undefined) continue;
    const found = readFolder(manifests, references);
    if ("problem" in found) {
      const message = `${found.problem}: ${JSON.stringify(manifests)}.`;
      mistakes.push(source.mistake(["workloads", name, "manifests"], message));
      continue;
    }
    const { mistakes: leftOut, folders } = filesLeftOut(found.paths, references);
    fileMistakes.push(...leftOut);
    const place = ["workloads", name, "manifests"];
    const others = Object.values(input.workloads).map((other) => normalize(`${other.manifests}/`));
    notes.push(
      ...folders
        .filter((each) => !others.includes(normalize(each)))
        .map((each) => source.mistake(place, folderNote(manifests, basename(each)))),
    );
    files.set(name, found.files);
    const inFiles = mistakesInFiles(source, input, name, found.files, minors());
    fileMistakes.push(...inFiles.mistakes);
    notes.push(...inFiles.notes);
  }
  return { files, mistakes, fileMistakes, notes };
}

/** The minor versions of Kubernetes on the devices. */
function minorsOf({ k3s }: FleetInput, { pinnedK3s }: ReferencedFiles): readonly string[] {
  return checkedMinors(Object.values(k3s?.versions ?? [pinnedK3s?.() ?? startingPins.k3s.version]));
}

interface ManifestFolder {
  /** Everything that is in it. */
  readonly paths: readonly string[];
  /** Its YAML files. */
  readonly files: readonly ManifestFile[];
}

function readFolder(
  folder: string,
  { list, read }: ReferencedFiles,
): ManifestFolder | { readonly problem: string } {
  const paths = list?.(folder) ?? [];
  if ("problem" in paths) return paths;
  const manifests = paths.filter(isManifest);
  const found = manifests.map(read);
  const files = found.filter((file) => "text" in file);
  const index = found.findIndex((file) => "problem" in file);
  const unread = found[index];
  if (unread !== undefined && "problem" in unread) {
    return { problem: `${basename(manifests[index] ?? "")}: ${unread.problem}` };
  }
  return files.length > 0 ? { paths, files } : { problem: "no YAML file in this folder" };
}

const readNames = "only files with a name like board.yaml or board.yml are read";

/** What looks like a manifest and is not read: mistakes, and folders with YAML files. */
function filesLeftOut(
  paths: readonly string[],
  { list, read }: ReferencedFiles,
): { readonly mistakes: readonly Mistake[]; readonly folders: readonly string[] } {
  const hasManifest = (folder: string) => {
    const inside = list?.(folder) ?? [];
    return !("problem" in inside) && inside.some(isManifest);
  };
  const mistakes = paths.flatMap((path): Mistake[] => {
    const isCapital = !isManifest(path) && isManifest(path.toLowerCase());
    if (!isCapital && !path.toLowerCase().endsWith(".json")) return [];
    const file = read(path);
    if ("problem" in file) return [];
    if (!isCapital) {
      if (!isObject(file.text)) return [];
      const message = `this object would be left out: ${readNames}. Write it as YAML, or move it out of this folder.`;
      return [{ file: file.file, message }];
    }
    const name = basename(path).replace(/[^.]+$/, (ending) => ending.toLowerCase());
    const message = `this file would be left out: ${readNames}. Rename it to ${name}.`;
    return [{ file: file.file, message }];
  });
  const folders = paths.filter(
    (path) => path.endsWith("/") && !basename(path).startsWith(".") && hasManifest(path),
  );
  return { mistakes, folders };
}

function isManifest(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

/** Whether it is one of Kubernetes, and not other JSON like a dashboard. */
function isObject(json: string): boolean {
  return /"apiVersion"\s*:/.test(json) && /"kind"\s*:/.test(json);
}

function folderNote(folder: string, inner: string): string {
  return `the folder ${inner} has YAML files that are left out: files of ${JSON.stringify(folder)} itself are read. Move them there to use them.`;
}

interface FoundInFiles {
  readonly mistakes: readonly Mistake[];
  /** What was not checked. */
  readonly notes: readonly Mistake[];
}

/** Mistakes in the files themselves, in any rendering; each mistake once. */
function mistakesInFiles(
  source: Source,
  { rings, sites, workloads }: FleetInput,
  name: string,
  files: readonly ManifestFile[],
  minors: readonly string[],
): FoundInFiles {
  const templates = manifestTemplates(files);
  if (templates.mistakes.length > 0) return { mistakes: templates.mistakes, notes: [] };
  if (templates.templates.length === 0) {
    const { manifests } = workloads[name] ?? {};
    const message = `no object in the YAML files of this folder: ${JSON.stringify(manifests)}.`;
    const place = ["workloads", name, "manifests"];
    return { mistakes: [source.mistake(place, message)], notes: [] };
  }
  const [ring = ""] = rings;
  const { versions, podSecurity = "restricted" } = workloads[name] ?? {};
  const { values, siteValues } = writtenValues(source, name);
  // A rendering that sites share does not name any of them.
  const [shared = ""] = Object.keys(sites);
  const all = [
    ...rings.map((each) => [each, shared, values] as const),
    ...[...siteValues].map(([site, own]) => [ring, site, mergeValues(values, own)] as const),
  ];
  const found = all.map(([each, site, own]) => {
    const written = (keys: readonly string[]) =>
      [["sites", site], ["values"]]
        .map((path) => source.written(["workloads", name, ...path, ...keys]))
        .find((text) => text !== undefined);
    const version = versions?.[each] ?? "";
    const variables = { version, ring: each, site, values: own, written };
    const rendering = renderManifests(templates, name, variables);
    const objects = objectMistakes(rendering.objects, podSecurity, minors);
    const mistakes = [
      ...rendering.mistakes,
      ...objects.mistakes,
      ...repeatedSecrets(source, name, rendering.objects),
    ];
    return { mistakes, notes: objects.notes };
  });
  return {
    mistakes: eachOnce(found.flatMap(({ mistakes }) => mistakes)),
    notes: eachOnce(found.flatMap(({ notes }) => notes)),
  };
}

/** Secrets that the workload has from the hub too. */
function repeatedSecrets(
  source: Source,
  name: string,
  objects: readonly PlacedObject[],
): readonly Mistake[] {
  const path = ["workloads", name, "secrets"];
  const written = valueAt(source.value, path);
  const secrets = Array.isArray(written) ? written : [];
  return objects.flatMap(({ manifest, placeOf }) => {
    const index = secrets.findIndex((secret) => isSecretNamed(manifest, fieldAt(secret, ["name"])));
    if (index === -1) return [];
    const { file, line, column } = source.mistake([...path, index, "name"], "");
    const message = repeatedSecret(`secrets in ${file}:${line}:${column}`);
    return [{ ...placeOf(["metadata", "name"]), path: "metadata.name", message }];
  });
}

function eachOnce(mistakes: readonly Mistake[]): readonly Mistake[] {
  const byPlace = new Map<string, Mistake>();
  for (const mistake of mistakes) {
    const key = [mistake.file, mistake.line, mistake.column, mistake.path].join(":");
    if (!byPlace.has(key)) byPlace.set(key, mistake);
  }
  return [...byPlace.values()];
}
