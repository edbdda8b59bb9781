import { expect, test } from "vitest";
import { synthesizeInfra } from "../../../cli/project/infra-files.ts";
import { fleetFacts } from "../../../fleet/model/fleet.ts";
import { fleetHubSize } from "../../../fleet/rules/hub-size.ts";
import { sampleFleet } from "../../sample.ts";

// A synthesis takes the Terraform of an earlier one where these are the same.
test("Terraform depends on the devices by the machine type of the hub, and not on workloads", () => {
  const [device] = sampleFleet.devices;
  if (device === undefined) throw new Error("the sample has no device");
  const site = { ...device.site, name: "elsewhere", timeZone: "Asia/Tokyo" };
  const other = { ...device, name: "another", address: "100.64.200.9", generation: 3, site };
  const changed = { ...sampleFleet, devices: [other], workloads: [] };
  expect(fleetHubSize(changed).machineType).toBe(fleetHubSize(sampleFleet).machineType);
  expect(synthesizeInfra(changed)).toEqual(synthesizeInfra(sampleFleet));
  expect(fleetFacts(changed)).toEqual(fleetFacts(sampleFleet));
});
