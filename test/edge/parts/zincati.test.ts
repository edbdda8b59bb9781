import { describe, expect, it } from "vitest";
import { rolloutWariness } from "../../../edge/parts/zincati.ts";

describe("rollout wariness", () => {
  it.each([
    [["only"], [0.5]],
    [
      ["canary", "stable"],
      [0.1, 0.9],
    ],
    [
      ["canary", "early", "stable"],
      [0.1, 0.5, 0.9],
    ],
    [
      ["a", "b", "c", "d"],
      [0.1, 0.37, 0.63, 0.9],
    ],
  ])("of %j is %j", (rings, expected) => {
    expect(rings.map((ring) => rolloutWariness(rings, ring))).toEqual(expected);
  });
});
