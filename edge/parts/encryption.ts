/**
 * The root file system encrypted (LUKS), with a key that only this machine's TPM gives out. A disk
 * that is stolen alone is unreadable; a machine that is stolen whole still starts.
 *
 * Ignition copies the root file system through memory for this: the machine needs 4 GiB.
 */
import type { Contribution, DeviceContext } from "./part.ts";

export function encryption({ device }: DeviceContext): Contribution {
  return device.profile.encryption === null ? {} : { bootDevice: { luks: { tpm2: true } } };
}
