/**
 * The one place that turns objects into YAML. The order of keys is fixed here and nowhere else, so
 * that neither a construct nor a library can change a byte by setting a field earlier or later.
 *
 * Written for YAML 1.1 and 1.2 readers alike: Kubernetes reads 1.1 (`yes` and `0777` are quoted).
 */
import { dump } from "js-yaml";

/** What a reader looks for first, in this order; every other key follows by code unit. */
const firstKeys = ["apiVersion", "kind", "metadata", "name", "namespace", "labels", "annotations"];

/** One YAML document, without a `---` line. A value that JSON has no word for is an error. */
export function formatYaml(value: unknown): string {
  return dump(value, {
    noRefs: true,
    lineWidth: -1,
    quoteStyle: "double",
    sortKeys: compareKeys,
  });
}

/** Several documents in one file, in the given order. */
export function formatYamlDocuments(values: readonly unknown[]): string {
  return values.map(formatYaml).join("---\n");
}

function compareKeys(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

function rank(key: string): number {
  const index = firstKeys.indexOf(key);
  return index === -1 ? firstKeys.length : index;
}
