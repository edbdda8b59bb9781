import { Chart } from "cdk8s";
import { expect, test } from "vitest";
import { Namespace } from "../../../gitops/kubernetes/namespace.ts";
import { chartFile, objectFile, objectFileName } from "../../../gitops/kubernetes/state-files.ts";

const manifest = (kind: string, name: string) => ({ apiVersion: "v1", kind, metadata: { name } });

test("a chart's objects are the documents of one file, in the order of the constructs", () => {
  const [path, text] = chartFile({ kind: "gatewayNamespace" }, (app) => {
    const chart = new Chart(app, "chart");
    new Namespace(chart, "b", { name: "b", podSecurity: "restricted" });
    new Namespace(chart, "a", { name: "a", podSecurity: "restricted" });
    return chart;
  });
  expect(path).toBe("hub/gateway/namespace.yaml");
  expect(text.split("---\n").map((document) => /^ {2}name: (.*)$/m.exec(document)?.[1])).toEqual([
    "b",
    "a",
  ]);
});

test("an object is a file", () => {
  const file = { kind: "addonObject", addon: "prometheus", object: "one.yaml" } as const;
  expect(objectFile(file, manifest("ConfigMap", "one"))).toEqual([
    "hub/platform/prometheus/one.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n",
  ]);
});

test.each([
  ["Deployment", "point-of-sale", "deployment-point-of-sale.yaml"],
  // Windows allows no colon in the name of a file.
  ["ClusterRole", "board:reader", "clusterrole-board_reader.yaml"],
])("%s %s is in %s", (kind, name, file) => {
  expect(objectFileName(manifest(kind, name))).toBe(file);
});
