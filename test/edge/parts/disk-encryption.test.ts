import { expect, test } from "vitest";
import { DiskEncryption } from "../../../edge/parts/disk-encryption.ts";
import { bareDevice, composed, sampleDevice } from "../devices.ts";

test("the machine's TPM keeps the key of the disk", () => {
  const device = bareDevice();
  new DiskEncryption(device, "disk-encryption");
  expect(device.toConfig().boot_device).toEqual({ luks: { tpm2: true } });
});

test("a Raspberry Pi has no TPM", () => {
  const device = bareDevice({ architecture: "aarch64", board: "raspberry-pi-4" });
  new DiskEncryption(device, "disk-encryption");
  expect(device.validate()).toEqual([
    "store-01/disk-encryption: a Raspberry Pi 4 has no TPM to keep the key. Remove the encryption.",
  ]);
});

test("a fleet's device has it where its profile says so", () => {
  const bootDevice = (name: string) => composed(sampleDevice(name)).toConfig().boot_device;
  expect(bootDevice("depot-01")).toEqual({ luks: { tpm2: true } });
  expect(bootDevice("store-01")).toBeUndefined();
});
