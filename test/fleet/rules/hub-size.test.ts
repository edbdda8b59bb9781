import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleFleet } from "../../sample.ts";
import {
  applicationListMebibytes,
  controllerPeak,
  deviceMost,
  explainHubSize,
  fleetHubSize,
  hubSize,
} from "../../../fleet/rules/hub-size.ts";

const devices = fc.integer({ min: 1, max: deviceMost() });

describe("the size of a hub", () => {
  test.each([
    [39, "e2-standard-2", 1, 50],
    [250, "e2-standard-4", 1, 276],
    [300, "e2-standard-8", 1, 400],
    [1_000, "e2-highmem-8", 1, 1_326],
    [4_000, "e2-highmem-16", 2, 2_726],
    [10_000, "e2-highmem-16", 6, 2_726],
  ])("of %i devices: %s, %i shards of %i", (count, machineType, shards, devicesPerShard) => {
    expect(hubSize(count, null)).toMatchObject({ machineType, shards, devicesPerShard });
  });

  // docs/reference/measured.md: Argo CD 3.6.1, GOGC=50, first sync on API servers that share no objects.
  test.each([
    [12, 789],
    [24, 1_367],
    [100, 4_688],
    [300, 12_901],
  ])("is between one and 1.2 times what %i devices took: %i MiB", (count, measured) => {
    const mebibytes = controllerPeak(count);
    expect(mebibytes).toBeGreaterThan(measured);
    expect(mebibytes).toBeLessThan(1.2 * measured);
  });

  // The same document: the ApplicationSet controller, which takes more than Argo CD's server.
  test.each([
    [42, 139],
    [6_002, 683],
    [20_002, 1_972],
  ])("has room for what keeps %i Applications: %i MiB", (count, measured) => {
    const mebibytes = Math.max(512, applicationListMebibytes(count));
    expect(mebibytes).toBeGreaterThan(1.1 * measured);
    expect(mebibytes).toBeLessThan(4 * measured);
  });

  test("counts the Applications of all workloads, and those of upgrades", () => {
    const [device] = sampleFleet.devices;
    const [workload] = sampleFleet.workloads;
    const fleet = {
      ...sampleFleet,
      devices: Array.from({ length: 100 }, () => device!),
      workloads: Array.from({ length: 99 }, () => workload!),
      k3s: { versions: new Map() },
    };
    expect(fleetHubSize(fleet).applicationListMebibytes).toBe(applicationListMebibytes(10_000));
    expect(applicationListMebibytes(10_000)).toBe(1_408);
  });

  test("is split where the operator's machine is too small for it", () => {
    expect(hubSize(300, "e2-standard-2")).toMatchObject({
      machineType: "e2-standard-2",
      shards: 4,
    });
  });

  test("is unknown beyond the largest", () => {
    expect(hubSize(deviceMost(), null)).toBeDefined();
    expect(hubSize(deviceMost() + 1, null)).toBeUndefined();
  });

  test("has room for the fleet, uneven shards included", () => {
    fc.assert(
      fc.property(devices, (count) => {
        const { shards, devicesPerShard } = hubSize(count, null)!;
        expect(shards * devicesPerShard).toBeGreaterThanOrEqual(count * (shards > 1 ? 1.15 : 1));
      }),
    );
  });

  test("changes for few of all the numbers of devices", () => {
    const sizes = new Set<string>();
    for (let count = 1; count <= deviceMost(); count++) {
      sizes.add(JSON.stringify(hubSize(count, null)));
    }
    expect(sizes.size).toBeLessThan(20);
  });

  test("is explained with its arithmetic", () => {
    expect(explainHubSize(300, hubSize(300, null)!, sampleFleet.cloud)).toEqual([
      "300 devices; Argo CD's controller in one pod for up to 400 devices",
      "memory: 350 + 400 × 44 = 17950 MiB",
      "nodes: e2-standard-8",
    ]);
    expect(explainHubSize(1, hubSize(1, null)!, sampleFleet.cloud)[0]).toMatch(/^1 device; /);
    expect(explainHubSize(4_000, hubSize(4_000, null)!, sampleFleet.cloud)).toEqual([
      "4000 devices; Argo CD's controller in 2 shards, each for up to 2726 devices",
      "memory of each: 350 + 2726 × 44 = 120294 MiB",
      "nodes: e2-highmem-16, at least 2",
    ]);
    expect(
      explainHubSize(4_000, { ...hubSize(4_000, null)!, shards: 1 }, sampleFleet.cloud),
    ).toEqual([
      "4000 devices; Argo CD's controller in one pod for up to 2726 devices",
      "too few shards: write at least 2 as argocd.shards",
      "memory: 350 + 2726 × 44 = 120294 MiB",
      "nodes: e2-highmem-16",
    ]);
  });
});
