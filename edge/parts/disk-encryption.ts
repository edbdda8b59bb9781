/**
 * The encryption of the root file system (LUKS), with a key that only this machine's TPM 2.0 releases.
 * A stolen disk is unreadable; a machine that is stolen as a whole still starts.
 *
 * Ignition copies the root file system through memory for this: the machine needs 4 GiB.
 */
import { Construct } from "constructs";
import type { ButaneBootDevice } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";

const bootDevice: ButaneBootDevice = { luks: { tpm2: true } };

export class DiskEncryption extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    device.setBootDevice(this, bootDevice);
    this.node.addValidation({
      validate: () =>
        device.board === "raspberry-pi-4"
          ? ["a Raspberry Pi 4 has no TPM to keep the key. Remove the encryption."]
          : [],
    });
  }
}
