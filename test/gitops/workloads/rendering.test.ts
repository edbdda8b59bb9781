import { describe, expect, test } from "vitest";
import type { Device } from "../../../fleet/model/device.ts";
import type { Workload } from "../../../fleet/model/workload.ts";
import { isDeployedTo, renderingsOf } from "../../../gitops/workloads/rendering.ts";
import { sampleFleet } from "../../sample.ts";

const rings = ["canary", "stable"];
const versions = new Map(rings.map((ring) => [ring, `1.0.0-${ring}`]));
const board: Workload = {
  name: "board",
  selector: { role: "till" },
  versions,
  values: { title: "Prices", lines: 3 },
  sites: new Map([["lagos", { title: "Lagos" }]]),
};

function device(site: string, ring: string): Device {
  const [sample = expect.fail()] = sampleFleet.devices;
  return { ...sample, name: `${site}-${ring}`, site: { ...sample.site, name: site }, ring };
}

const devices = [device("boston", "canary"), device("boston", "stable"), device("lagos", "stable")];
const { used, unused } = renderingsOf({ workload: board, devices, rings });

test("each ring has a rendering, and each site with values of its own another", () => {
  expect(used.map(({ ring, site, version, values }) => [ring, site, version, values])).toEqual([
    ["canary", null, "1.0.0-canary", { title: "Prices", lines: 3 }],
    ["stable", null, "1.0.0-stable", { title: "Prices", lines: 3 }],
    ["stable", "lagos", "1.0.0-stable", { title: "Lagos", lines: 3 }],
  ]);
});

test("a site without a device in a ring is known, for the kinds of its objects", () => {
  expect(unused.map(({ ring, site }) => [ring, site])).toEqual([["canary", "lagos"]]);
});

describe("a device", () => {
  test.each(devices.map((each) => [each.name, each] as const))("%s has one of them", (_, each) => {
    expect(used.filter((rendering) => isDeployedTo(rendering, each))).toHaveLength(1);
  });

  test("that the workload does not select has none", () => {
    const kiosk = { ...device("boston", "stable"), labels: { role: "kiosk" } };
    expect(used.filter((rendering) => isDeployedTo(rendering, kiosk))).toEqual([]);
  });
});
