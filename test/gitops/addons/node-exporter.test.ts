import { App } from "cdk8s";
import { expect, test } from "vitest";
import { NodeExporter, nodeExporter } from "../../../gitops/addons/node-exporter.ts";
import { prometheus } from "../../../gitops/addons/prometheus.ts";
import { common, podSecurityOf, valuesOf } from "./platform.ts";

const addon = new NodeExporter(new App(), "node-exporter", common(nodeExporter));

test("it is the only part of Prometheus' chart in its namespace", () => {
  expect(nodeExporter.chart).toBe(prometheus.chart);
  const on = Object.entries(valuesOf(addon)).filter(
    ([, value]) => (value as { enabled?: boolean }).enabled === true,
  );
  expect(on.map(([name]) => name)).toEqual(["nodeExporter"]);
  expect(podSecurityOf(addon)).toBe("privileged");
});
