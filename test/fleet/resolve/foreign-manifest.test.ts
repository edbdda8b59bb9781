import { describe, expect, test } from "vitest";
import { manifestTemplates, renderManifests } from "../../../fleet/resolve/manifest-templates.ts";

const variables = { version: "1", ring: "all", site: "one", values: {} };
const first = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n---\n";

/** The mistakes of a file whose first document is valid, or of another file beside such a one. */
function mistakes(file: string, text: string): readonly string[] {
  const isAdded = file === "a.yaml";
  const templates = manifestTemplates([
    { file: "board/a.yaml", text: isAdded ? first + text : first },
    ...(isAdded ? [] : [{ file: `board/${file}`, text }]),
  ]);
  const found = renderManifests(templates, "board", variables).mistakes;
  return found.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

const named = (kind: string, rest: string) =>
  `apiVersion: ${kind}\nmetadata: { name: x }\n${rest}\n`;
const list = "items: [{ apiVersion: v1, kind: ConfigMap, metadata: { name: b } }]";

describe("what is not one object is named, once, at its line", () => {
  test.each([
    ["kustomization.yaml", "resources: [a.yaml]\n", "1:1: this is a file of Kustomize"],
    ["kustomization.yml", "namePrefix: x\n", "1:1: this is a file of Kustomize"],
    [
      "a.yaml",
      named("kustomize.config.k8s.io/v1beta1\nkind: Kustomization", "resources: [a.yaml]"),
      "5:1: this is a file of Kustomize",
    ],
    ["Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n", "1:1: this is the Chart.yaml"],
    [
      "b.yaml",
      "# a chart\napiVersion: v1\nname: x\nversion: 1.0.0\n",
      "2:1: this is the Chart.yaml",
    ],
    ["values.yaml", "replicas: 2\n", "1:1: these are values of a Helm chart"],
    ["values-prod.yaml", "replicas: 2\n", "1:1: these are values of a Helm chart"],
    ["a.yaml", `apiVersion: v1\nkind: List\n${list}\n`, "5:1: this is a list of objects"],
    ["a.yaml", named("v1\nkind: ConfigMapList", list), "5:1: this is a list of objects"],
    [
      "a.yaml",
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: x-\n",
      "8:17: generateName makes another object at each synchronization. Write name.",
    ],
  ])("%s", (file, text, message) => {
    const found = mistakes(file, text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  test.each([
    ["values.yaml", named("v1\nkind: ConfigMap", "data: { a: b }").replace("name: x", "name: b")],
    ["a.yaml", named("example.com/v1\nkind: PriceList", "spec: { items: [] }")],
    ["a.yaml", named("v1\nkind: ConfigMap", "").replace("name: x", "name: b, generateName: b-")],
  ])("an object in %s is taken", (file, text) => {
    expect(mistakes(file, text)).toEqual([]);
  });
});
