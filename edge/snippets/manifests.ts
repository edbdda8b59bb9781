/**
 * Manifests that K3s applies beside Flotilla's (docs.k3s.io/installation/packaged-components). It knows a
 * manifest by the name of its file alone: another one of the same name, in any folder below, deletes what
 * the first one made.
 */
import { parseAllDocuments } from "yaml";
import { documentMistakes, textMistake } from "../../fleet/grammar/yaml-guard.ts";
import { objectOf } from "../butane/checks.ts";
import type { JsonObject } from "../butane/json.ts";
import { isBelow } from "./fedora-coreos.ts";
import { type NodeItem, nodesOf, type OwnSystem } from "./own-system.ts";
import { contentsOf, mistakeInText } from "./units.ts";

const folder = "/var/lib/rancher/k3s/server/manifests";
const isManifest = /\.(?:ya?ml|json)$/;

export function mistakeInManifest(item: NodeItem, own: OwnSystem): string | undefined {
  const { real } = item;
  if (!isBelow(real, folder) || !isManifest.test(real)) return undefined;
  const ours = ownManifests(own);
  const same = ours.find(({ path }) => stemOf(path) === stemOf(real));
  if (same !== undefined) {
    return `K3s takes this for ${same.path} of Flotilla, and deletes what that makes. Write another file name.`;
  }
  const objects = new Set(ours.flatMap(({ text }) => objectsIn(text) ?? []));
  return mistakeInText(item, (text) => {
    const found = objectsIn(text);
    if (found === undefined) return "this is too large or too deep to check. Write less.";
    const taken = found.find((object) => objects.has(object));
    return taken && `${taken} belongs to Flotilla's part "hub-enrolment". Delete it here.`;
  });
}

/** A name in `disable` of K3s' configuration deletes the manifest of that name. */
export function disabledManifest(text: string, own: OwnSystem): string | undefined {
  const names = ownManifests(own).map(({ path }) => stemOf(path));
  if (!/^["']?disable["']?\+?["']?[ \t]*:/m.test(text)) return undefined;
  return names.find((name) =>
    new RegExp(`(?:^|[\\s,:"'[-])${name}(?=$|[\\s,"'\\]#])`, "m").test(text),
  );
}

function ownManifests(own: OwnSystem): readonly { readonly path: string; readonly text: string }[] {
  return nodesOf(own.config)
    .filter(({ list, path }) => list === "files" && isBelow(path, folder) && isManifest.test(path))
    .map(({ node, path }) => ({ path, text: contentsOf(objectOf(node, "contents")) ?? "" }));
}

const stemOf = (path: string) => path.slice(path.lastIndexOf("/") + 1).replace(isManifest, "");

/** `ConfigMap kube-system/name` for each object, also in a List; undefined if there are too many. */
function objectsIn(text: string): readonly string[] | undefined {
  if (textMistake(text) !== undefined) return undefined;
  const documents = parseAllDocuments(text, { prettyErrors: false, uniqueKeys: false });
  const names: string[] = [];
  for (const document of "empty" in documents ? [] : documents) {
    // K3s applies nothing of a text that is not YAML.
    if (document.errors.length > 0) return [];
    if (documentMistakes(document, true).length > 0) return undefined;
    names.push(...namesOf(document.toJS({ maxAliasCount: -1 })));
  }
  return names;
}

function namesOf(object: unknown): readonly string[] {
  if (typeof object !== "object" || object === null) return [];
  const { kind, metadata, items } = object as JsonObject;
  if (Array.isArray(items)) return items.flatMap(namesOf);
  const { name, namespace = "default" } = (metadata ?? {}) as JsonObject;
  return [String(kind).startsWith("Cluster") ? `${kind} ${name}` : `${kind} ${namespace}/${name}`];
}
