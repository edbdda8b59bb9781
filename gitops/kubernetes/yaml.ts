/**
 * Formats objects as YAML. The order of keys is fixed here and nowhere else, so a construct or a
 * library that sets its fields in another order changes no byte.
 *
 * The text is valid for readers of YAML 1.1 and 1.2: Kubernetes reads 1.1 (`yes` and `0777` are
 * quoted).
 */
import { dump } from "js-yaml";

/** These keys come first, in this order; all others follow, sorted by code unit. */
const firstKeys = ["apiVersion", "kind", "metadata", "name", "namespace", "labels", "annotations"];

/** One YAML document, without a `---` line. A value that JSON does not have is an error. */
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
