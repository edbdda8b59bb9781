/** Files of the state repository, made of charts and of single objects. */
import { createHash } from "node:crypto";
import type { App, Chart } from "cdk8s";
import { groupOf } from "../../fleet/model/kinds.ts";
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
 * The names of the files of several objects of one folder, in their order. Another API group may have a
 * kind of the same name, and another namespace an object.
 */
export function objectFileNames(objects: readonly Manifest[]): readonly string[] {
  const groups = new Map<string, string>();
  return objects.map((object) => {
    const { kind, apiVersion, metadata } = object;
    const group = groupOf(apiVersion);
    const { namespace = "" } = metadata;
    const short = objectFileName(object);
    const other = groups.get(short) === group ? namespace : group;
    const choices = [
      short,
      ...[other, `${group}.${namespace}`].map((text) => objectFileName(object, `${kind}.${text}`)),
      // Names with colons and underscores at the same places.
      objectFileName(object, `${kind}.${digestOf(`${namespace}/${metadata.name}`)}`),
    ];
    const name = choices.find((choice) => !groups.has(choice)) ?? short;
    groups.set(name, group);
    return name;
  });
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/**
 * The name of an object's own file: `deployment-point-of-sale.yaml`. Windows does not allow the
 * colons that names of roles may have.
 */
export function objectFileName({ kind, metadata }: Manifest, prefix = kind): string {
  return `${prefix.toLowerCase()}-${metadata.name.replaceAll(":", "_")}.yaml`;
}
