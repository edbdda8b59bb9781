/** A part of devices: the settings of their CAN bus. */
import { Construct } from "constructs";
import { EdgeDevice, type DevicePartProps } from "flotilla/edge";
import { z } from "zod";

export class CanBus extends Construct {
  static readonly values = z.strictObject({
    bitrate: z.int().min(1).default(500_000).describe("Bits a second."),
  });

  constructor(
    scope: Construct,
    id: string,
    props: DevicePartProps & z.output<typeof CanBus.values>,
  ) {
    super(scope, id);
    const inline = `${props.device} ${props.site} ${props.bitrate}\n`;
    EdgeDevice.of(this).addFile(this, { path: "/etc/can.conf", mode: 0o644, contents: { inline } });
  }
}
