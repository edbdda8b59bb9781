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

test("declared servers replace all others", () => {
  const device = bareDevice();
  new ClockSync(device, "clock-sync", { servers: ["ntp.harbor.example", "192.0.2.1"] });
  const [file] = device.toConfig().storage?.files ?? [];
  expect(file).toMatchObject({ path: "/etc/chrony.conf", overwrite: true });
  const lines = (file && "inline" in file.contents ? file.contents.inline : "").split("\n");
  expect(lines.slice(0, 2)).toEqual([
    "server ntp.harbor.example iburst",
    "server 192.0.2.1 iburst",
  ]);
  expect(lines.filter((line) => /^(server|pool|peer|sourcedir)/.test(line))).toHaveLength(2);
});
