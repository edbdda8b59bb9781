import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Devices } from "../../../../gitops/programs/collector/devices.ts";

const folder = mkdtempSync(join(tmpdir(), "flotilla-devices-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("an address is the device's of the file, as it is now", () => {
  const file = join(folder, "devices.txt");
  const write = (text: string, seconds: number) => {
    writeFileSync(file, text);
    utimesSync(file, seconds, seconds);
  };
  const devices = new Devices(file);
  write("100.64.0.2 till-01 boston canary\n", 1000);
  expect(devices.at("100.64.0.2")).toEqual({ device: "till-01", site: "boston", ring: "canary" });
  expect(() => devices.at("100.64.0.3")).toThrow("100.64.0.3 is not the address of a device");
  expect(() => devices.at("")).toThrow("is not the address of a device");
  write("100.64.0.3 till-02 gulf stable\n", 2000);
  expect(devices.at("100.64.0.3").device).toBe("till-02");
  expect(() => devices.at("100.64.0.2")).toThrow();
});
