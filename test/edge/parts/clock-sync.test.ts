import { expect, test } from "vitest";
import { ClockSync } from "../../../edge/parts/clock-sync.ts";
import { bareDevice, composed, sampleDevice, unitOf } from "../devices.ts";

test("it enables chrony's own unit", () => {
  const device = bareDevice();
  new ClockSync(device, "clock-sync");
  expect(device.toConfig().systemd?.units).toEqual([
    { name: "chrony-wait.service", enabled: true },
  ]);
});

test("what speaks TLS starts after it", () => {
  const device = composed(sampleDevice("store-01"));
  for (const unit of ["k3s.service", "k3s-selinux.service"]) {
    expect(unitOf(device, unit)).toMatch(/^After=.*\btime-sync\.target\b/m);
  }
});
