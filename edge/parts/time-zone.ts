/** The time zone of the host's clock, so that its logs have the time of its site. */
import { Construct } from "constructs";
import { EdgeDevice } from "../device.ts";

export interface TimeZoneProps {
  /** An IANA time-zone name, `Europe/Dublin`. */
  readonly timeZone: string;
}

export class TimeZone extends Construct {
  constructor(scope: Construct, id: string, props: TimeZoneProps) {
    super(scope, id);
    const target = `../usr/share/zoneinfo/${props.timeZone}`;
    EdgeDevice.of(this).addLink(this, { path: "/etc/localtime", target });
  }
}
