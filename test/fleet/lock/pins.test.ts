import { expect, test } from "vitest";
import { z } from "zod";
import { startingCharts } from "../../../fleet/lock/pins.ts";
import { addons } from "../../../gitops/addons/index.ts";

const logs = {
  name: "logs",
  description: "Logs.",
  options: z.strictObject({}),
  chart: { name: "logs", repository: "https://charts.harbor.example", version: "1.0.0" },
};

test("a new fleet pins Argo CD's chart and those of the add-ons, sorted by name", () => {
  const names = Object.keys(startingCharts([...addons, { ...logs }]));
  expect(names).toEqual(names.toSorted());
  expect(names).toEqual(expect.arrayContaining(["argo-cd", "cert-manager", "logs"]));
  expect(Object.keys(startingCharts([]))).toEqual(["argo-cd"]);
});

test("two add-ons may share a chart, in one version", () => {
  const twin = { ...logs, name: "twin" };
  expect(startingCharts([logs, twin])["logs"]?.version).toBe("1.0.0");
  const other = { ...twin, chart: { ...logs.chart, version: "2.0.0" } };
  expect(() => startingCharts([logs, other])).toThrow(
    "the add-on twin and another one pin different charts logs",
  );
});
