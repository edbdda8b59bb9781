/** The time zone of the host's clock, so that its logs have the time of its site. */
import { Construct } from "constructs";
import { z } from "zod";
import { timeZone } from "../../fleet/grammar/time-zone.ts";
import { EdgeDevice } from "../device.ts";
import { requireProps } from "../props.ts";

export interface TimeZoneProps {
  /** An IANA time-zone name, `Europe/Dublin`. */
  readonly timeZone: string;
}

const schema = z.object({ timeZone });

export class TimeZone extends Construct {
  constructor(scope: Construct, id: string, props: TimeZoneProps) {
    super(scope, id);
    requireProps(this, props, schema);
    const target = `../usr/share/zoneinfo/${props.timeZone}`;
    EdgeDevice.of(this).addLink(this, { path: "/etc/localtime", target });
  }
}
