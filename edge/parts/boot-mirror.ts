/**
 * A boot disk that is mirrored: Ignition makes arrays of two or more disks at the first boot, and the
 * machine starts from any of them. It copies the root file system through memory for this: the machine
 * needs 4 GiB.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { disk } from "../../fleet/grammar/disk.ts";
import { diskMistakes } from "../../fleet/resolve/machine/disk.ts";
import { EdgeDevice } from "../device.ts";
import { inProps, requireProps } from "../props.ts";

export interface BootMirrorProps {
  /** At least two block devices, the first of which the installer writes to. */
  readonly disks: readonly string[];
}

const schema = z.object({ disks: z.array(disk).max(8) });

export class BootMirror extends Construct {
  constructor(scope: Construct, id: string, props: BootMirrorProps) {
    super(scope, id);
    requireProps(this, props, schema, (source) =>
      diskMistakes(inProps(source, { mirror: [...props.disks] }, [], { mirror: "disks" })),
    );
    const { disks } = props;
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
