/** Files of the state repository, made of charts and of single objects. */
import type { App, Chart } from "cdk8s";
import { statePath, type StateFile } from "../../fleet/model/state-layout.ts";
import { chartManifests, type Manifest } from "./manifests.ts";
import { formatYaml, formatYamlDocuments } from "./yaml.ts";

/** Path in the state repository and text. */
export type FileEntry = readonly [path: string, text: string];

/** One file with all objects of a chart. */
export function chartFile(file: StateFile, create: (app: App) => Chart): FileEntry {
  return objectsFile(file, chartManifests(create));
}

/** One file with several objects, in the given order. */
export function objectsFile(file: StateFile, objects: readonly unknown[]): FileEntry {
  return [statePath(file), formatYamlDocuments(objects)];
}

/** One file with one object, or with values. */
export function objectFile(file: StateFile, object: unknown): FileEntry {
  return [statePath(file), formatYaml(object)];
}

/**
 * The name of an object's own file: `deployment-point-of-sale.yaml`. Windows does not allow the
 * colons that names of roles may have.
 */
export function objectFileName({ kind, metadata }: Manifest, prefix = kind): string {
  return `${prefix.toLowerCase()}-${metadata.name.replaceAll(":", "_")}.yaml`;
}
