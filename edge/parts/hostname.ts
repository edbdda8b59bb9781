/** The device's host name, which is also its node name in K3s and its cluster's name in Argo CD. */
import { Construct } from "constructs";
import { EdgeDevice } from "../device.ts";

export interface HostnameProps {
  /** A DNS label. @default the device's name */
  readonly hostname?: string;
}

export class Hostname extends Construct {
  constructor(scope: Construct, id: string, props: HostnameProps = {}) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    const inline = `${props.hostname ?? device.name}\n`;
    device.addFile(this, { path: "/etc/hostname", mode: 0o644, contents: { inline } });
  }
}
