import { expect, test } from "vitest";
import { duplicateObjects } from "../../../gitops/workloads/duplicates.ts";
import { sampleFleet } from "../../sample.ts";

const [device = expect.fail()] = sampleFleet.devices;

function rendered(name: string, selector: Readonly<Record<string, string>> = {}) {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "prices" } };
  return {
    rendering: {
      workload: { name, selector, versions: new Map() },
      ring: device.ring,
      site: null,
      otherSites: [],
      version: "1.0.0",
      values: {},
    },
    objects: [{ manifest: object, place: { file: `${name}.yaml`, line: 3 } }],
  };
}

test("an object that two workloads put on one device is a mistake, at the second's place", () => {
  expect(duplicateObjects([device], [rendered("board"), rendered("till")])).toEqual([
    {
      file: "till.yaml",
      line: 3,
      message: `till puts the ConfigMap prices on ${device.name}, where board has it from board.yaml:3. Take it out of one of them, or select other devices.`,
    },
  ]);
});

test("on two devices they may have the same name", () => {
  const other = { ...device, name: "kiosk-02", labels: { role: "kiosk" } };
  const both = [rendered("board", device.labels), rendered("till", other.labels)];
  expect(duplicateObjects([device, other], both)).toEqual([]);
});
