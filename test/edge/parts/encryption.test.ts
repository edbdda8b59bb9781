import { expect, it } from "vitest";
import { encryption } from "../../../edge/parts/encryption.ts";
import { context } from "./context.ts";

it("locks the disk to the machine's TPM where the profile says so", () => {
  const { device, ...rest } = context("store-01");
  const profile = { ...device.profile, encryption: "tpm2" as const };
  expect(encryption({ ...rest, device: { ...device, profile } })).toEqual({
    bootDevice: { luks: { tpm2: true } },
  });
  expect(encryption({ ...rest, device })).toEqual({});
});
