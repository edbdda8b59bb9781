import { expect, test } from "vitest";
import { isNeededUnit } from "../../../fleet/model/needed-units.ts";
import { sampleFleet } from "../../sample.ts";
import { composed } from "../../edge/devices.ts";

test("every unit that Flotilla adds is one of them", () => {
  const names = sampleFleet.devices.flatMap((device) =>
    (composed(device).toConfig().systemd?.units ?? []).map(({ name }) => name),
  );
  expect(names.length).toBeGreaterThan(20);
  expect([...new Set(names)].filter((name) => !isNeededUnit(name, false))).toEqual([]);
});

test.each([
  ["NetworkManager.service", true, true],
  ["k3s.service", true, true],
  ["ignition-files.service", false, true],
  ["coreos-check-ssh-keys.service", false, true],
  ["docker.service", false, false],
])("%s", (name, isNeeded, isNeededInInitramfs) => {
  expect(isNeededUnit(name, false)).toBe(isNeeded);
  expect(isNeededUnit(name, true)).toBe(isNeededInInitramfs);
});
