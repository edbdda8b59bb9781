import { expect, test } from "vitest";
import { machineTypeFor } from "../../../../infra/clouds/google/size.ts";

/** The least number of devices for which the machine type is another one. */
function steps(devicesMax: number): (readonly [number, string])[] {
  const found: (readonly [number, string])[] = [];
  for (let count = 0; count <= devicesMax; count++) {
    const machineType = machineTypeFor(count);
    if (found.at(-1)?.[1] !== machineType) found.push([count, machineType]);
  }
  return found;
}

test("steps are far apart, and 300 devices need more than a node of 8 GiB, as measured", () => {
  expect(steps(20_000)).toEqual([
    [0, "e2-standard-2"],
    [257, "e2-standard-4"],
    [625, "e2-standard-8"],
    [1395, "e2-highmem-8"],
    [2935, "e2-highmem-16"],
    [6016, "n2-highmem-32"],
    [12438, "n2-highmem-64"],
  ]);
});

test("a fleet that no node holds is refused in the operator's words", () => {
  expect(() => machineTypeFor(100_000)).toThrow(
    "fleet.yaml: cloud.nodePool.machineType: 100000 devices are more than",
  );
});
