import { Chart } from "cdk8s";
import { expect, test } from "vitest";
import { Namespace } from "../../../gitops/kubernetes/namespace.ts";
import {
  chartFile,
  objectFile,
  objectFileName,
  objectFileNames,
} from "../../../gitops/kubernetes/state-files.ts";

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

test("names that differ in colons only are in files of their own", () => {
  const names = ["a:b:c", "a_b:c", "a:b_c", "a_b_c", "a:b:c_d"];
  const roles = names.map((name) => ({
    ...manifest("ClusterRole", name),
    apiVersion: "rbac.authorization.k8s.io/v1",
  }));
  const files = objectFileNames(roles);
  expect(new Set(files).size).toBe(names.length);
  expect(files[0]).toBe("clusterrole-a_b_c.yaml");
  expect(files[3]).toMatch(/^clusterrole\.[0-9a-f]{12}-a_b_c\.yaml$/);
});
