import { expect, test } from "vitest";
import { planOf } from "../../../cli/plan/project-plan.ts";
import { sampleFleet } from "../../sample.ts";
import { comparisonOf } from "./comparison.ts";

test("the size of the hub is explained with the operator's number of shards", () => {
  const fleet = { ...sampleFleet, argocd: { ...sampleFleet.argocd, shards: 2 } };
  const { hubSize } = planOf(fleet, new Map(), comparisonOf(new Map(), new Map()), []);
  expect(hubSize[0]).toMatch(/; Argo CD's controller in 2 shards, each for up to 50 devices$/);
  expect(hubSize).not.toContainEqual(expect.stringContaining("too few"));
});
