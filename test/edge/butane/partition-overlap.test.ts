/** Overlapping partitions are found as by a comparison of all pairs, but in a fraction of the time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { firstOverlapping } from "../../../edge/butane/partition-overlap.ts";
import type { JsonObject } from "../../../edge/butane/json.ts";

/** As Ignition compares them. */
function byAllPairs(partitions: readonly JsonObject[]): number | undefined {
  const extents = partitions.flatMap(({ startMiB, sizeMiB }, index) => {
    if (startMiB === undefined || sizeMiB === undefined || startMiB === 0) return [];
    const [start, size] = [Number(startMiB), Number(sizeMiB)];
    return [{ index, start, end: size === 0 ? start : start + size - 1 }];
  });
  for (const a of extents) {
    for (const b of extents) {
      if (a === b) continue;
      if (a.start >= b.start && a.start <= b.end) return b.index;
      if (a.end >= b.start && a.end <= b.end) return b.index;
      if (a.start < b.start && a.end > b.end) return b.index;
    }
  }
  return undefined;
}

test("the same as by all pairs, even with sizes below zero", () => {
  const position = fc.integer({ min: -2, max: 40 });
  const size = fc.integer({ min: -4, max: 6 });
  const partition = fc.record({ startMiB: position, sizeMiB: size }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(partition, { maxLength: 8 }), (partitions) => {
      expect(firstOverlapping(partitions)).toBe(byAllPairs(partitions));
    }),
    { numRuns: 5_000 },
  );
});

test("a hundred thousand partitions", () => {
  const apart = Array.from({ length: 100_000 }, (_, index) => ({
    startMiB: index * 2 + 1,
    sizeMiB: 2,
  }));
  const used = process.cpuUsage();
  expect(firstOverlapping(apart)).toBeUndefined();
  expect(firstOverlapping([...apart, { startMiB: 200_000, sizeMiB: 1 }])).toBe(100_000);
  expect(process.cpuUsage(used).user / 1_000_000).toBeLessThan(2);
});
