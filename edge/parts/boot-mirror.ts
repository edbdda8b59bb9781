/**
 * A boot disk that is mirrored: Ignition makes arrays of two or more disks at the first boot, and the
 * machine starts from any of them. It copies the root file system through memory for this: the machine
 * needs 4 GiB.
 */
import { Construct } from "constructs";
import { EdgeDevice } from "../device.ts";

export interface BootMirrorProps {
  /** At least two block devices, the first of which the installer writes to. */
  readonly disks: readonly string[];
}

export class BootMirror extends Construct {
  constructor(scope: Construct, id: string, { disks }: BootMirrorProps) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    device.setBootDevice(this, { layout: device.architecture, mirror: { devices: disks } });
    this.node.addValidation({
      validate: () =>
        device.board === "raspberry-pi-4"
          ? ["a Raspberry Pi 4 starts from one disk. Remove the mirror."]
          : [],
    });
  }
}
