/** Documents that a folder of manifests often has by mistake, and that no API server takes as one object. */
import { isMapping } from "../model/values.ts";

/** What the document is and what to write; undefined if it can be an object. */
export function foreignManifest(file: string, value: unknown): string | undefined {
  if (!isMapping(value)) return undefined;
  const { apiVersion, kind, items, name, version } = value;
  const fileName = file.slice(file.lastIndexOf("/") + 1);
  if (/^kustomization\.ya?ml$/i.test(fileName) || isOfKustomize(apiVersion)) {
    return "this is a file of Kustomize, which is not an object of Kubernetes. Write the objects that it makes (kubectl kustomize), and move it out of this folder.";
  }
  if (kind === undefined && isText(name) && isText(version) && /^v[12]$/.test(String(apiVersion))) {
    return "this is the Chart.yaml of a Helm chart. Write chart instead of manifests in the fleet file, or write the objects that it makes (helm template) here.";
  }
  if (/^values(-.*)?\.ya?ml$/.test(fileName) && apiVersion === undefined && kind === undefined) {
    return "these are values of a Helm chart, not an object of Kubernetes. Write them as values in the fleet file, and move this file out of this folder.";
  }
  if (isText(kind) && kind.endsWith("List") && Array.isArray(items)) {
    return "this is a list of objects. Write each item as a document of its own, with --- between them.";
  }
  return undefined;
}

function isOfKustomize(apiVersion: unknown): boolean {
  return isText(apiVersion) && apiVersion.startsWith("kustomize.config.k8s.io/");
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
