/** The device's host name, which is also its node name in K3s and its cluster's name in Argo CD. */
import { Construct } from "constructs";
import { z } from "zod";
import { label } from "../../fleet/grammar/value-schemas.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";

export interface HostnameProps {
  /** A DNS label. @default the device's name */
  readonly hostname?: string;
}

const schema = z.object({ hostname: label.optional() });

export class Hostname extends Construct {
  constructor(scope: Construct, id: string, props: HostnameProps = {}) {
    super(scope, id);
    requireProps(this, props, schema);
    const device = EdgeDevice.of(this);
    const inline = `${props.hostname ?? device.name}\n`;
    device.addFile(this, { path: "/etc/hostname", mode: 0o644, contents: { inline } });
  }
}
