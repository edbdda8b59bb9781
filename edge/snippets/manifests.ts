/**
 * Manifests that K3s applies beside Flotilla's (docs.k3s.io/installation/packaged-components). It knows a
 * manifest by the name of its file alone: another one of the same name, in any folder below, deletes what
 * the first one made.
 */
import { objectOf } from "../butane/checks.ts";
import type { JsonObject } from "../butane/json.ts";
import { isBelow } from "./fedora-coreos.ts";
import { type NodeItem, nodesOf, type OwnSystem } from "./own-system.ts";
import { contentsOf, mistakeInText } from "./units.ts";
import { tooLarge, yamlValues } from "./yaml-values.ts";

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
    if (found === undefined) return tooLarge;
    const taken = found.find((object) => objects.has(object));
    return taken && `${taken} belongs to Flotilla's part "hub-enrolment". Delete it here.`;
  });
}

/** A name in `disable` of K3s' configuration deletes the manifest of that name. */
export function disabledManifest(disabled: unknown, own: OwnSystem): string | undefined {
  const names = [disabled].flat().flatMap((each) => String(each).split(/[\s,]+/));
  return ownManifests(own)
    .map(({ path }) => stemOf(path))
    .find((name) => names.includes(name));
}

function ownManifests(own: OwnSystem): readonly { readonly path: string; readonly text: string }[] {
  return nodesOf(own.config)
    .filter(({ list, path }) => list === "files" && isBelow(path, folder) && isManifest.test(path))
    .map(({ node, path }) => ({ path, text: contentsOf(objectOf(node, "contents")) ?? "" }));
}

const stemOf = (path: string) => path.slice(path.lastIndexOf("/") + 1).replace(isManifest, "");

/** `ConfigMap kube-system/name` for each object, even in a List. K3s applies no text that is not YAML. */
function objectsIn(text: string): readonly string[] | undefined {
  const values = yamlValues(text);
  if (values === "large") return undefined;
  return values === "invalid" ? [] : values.flatMap(namesOf);
}

function namesOf(object: unknown): readonly string[] {
  if (typeof object !== "object" || object === null) return [];
  const { kind, metadata, items } = object as JsonObject;
  if (Array.isArray(items)) return items.flatMap(namesOf);
  const { name, namespace = "default" } = (metadata ?? {}) as JsonObject;
  return [String(kind).startsWith("Cluster") ? `${kind} ${name}` : `${kind} ${namespace}/${name}`];
}
