import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shardOf } from "../../../fleet/rules/shards.ts";

const names = (count: number) =>
  Array.from({ length: count }, (_, index) => `store-${String(index).padStart(5, "0")}`);

describe("the shard of a device", () => {
  // Running fleets hold these: another number moves devices between pods.
  test.each([
    ["store-0001", [0, 1, 1, 5]],
    ["store-0002", [0, 0, 2, 6]],
    ["packer-1", [0, 0, 0, 5]],
    ["a", [0, 0, 0, 0]],
  ])("%s is in %j of 1, 2, 4 and 8 shards", (name, expected) => {
    expect([1, 2, 4, 8].map((shards) => shardOf(name, shards))).toEqual(expected);
  });

  test("with more shards is the same one, or a new one", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 8 }), fc.nat(7), (name, shards, more) => {
        const [before, after] = [shardOf(name, shards), shardOf(name, shards + more)];
        expect(after === before || after >= shards).toBe(true);
      }),
    );
  });

  test.each([
    [400, 2],
    [1_700, 8],
    [5_000, 2],
    [20_000, 8],
  ])("of %i devices: each of %i shards gets at most 1.15 times its fair share", (count, shards) => {
    const sizes = Array.from({ length: shards }, () => 0);
    for (const name of names(count)) sizes[shardOf(name, shards)]! += 1;
    expect(Math.max(...sizes)).toBeLessThanOrEqual((count / shards) * 1.15);
  });

  test("changes for a third of the devices when the third shard comes", () => {
    const moved = names(6_000).filter((name) => shardOf(name, 2) !== shardOf(name, 3));
    expect(moved.length).toBeGreaterThan(1_850);
    expect(moved.length).toBeLessThan(2_150);
  });
});
