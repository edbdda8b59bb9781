/**
 * The right time before TLS: for a machine whose clock is behind, a certificate is not valid yet, and
 * a Raspberry Pi has no clock that runs while it is off.
 *
 * chrony's own unit waits for the first synchronization, at most three minutes, and delays
 * time-sync.target, after which K3s and the installation of its SELinux policy start. If no time
 * server is reachable they start anyway: a shop without internet has to open too.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { machineFields } from "../../fleet/grammar/machine-schemas.ts";
import type { ButaneFile, ButaneUnit } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";
import { propOf, requireProps } from "../props.ts";

export interface ClockSyncProps {
  /** Names or addresses of NTP servers, in order. @default those of Fedora CoreOS and of DHCP */
  readonly servers?: readonly string[];
}

const unit: ButaneUnit = { name: "chrony-wait.service", enabled: true };

const schema = z.object({ servers: propOf(machineFields.ntpServers) });

export class ClockSync extends Construct {
  constructor(scope: Construct, id: string, props: ClockSyncProps = {}) {
    super(scope, id);
    requireProps(this, props, schema);
    const device = EdgeDevice.of(this);
    device.addUnit(this, unit);
    if (props.servers !== undefined) device.addFile(this, configuration(props.servers));
  }
}

/** Fedora's own settings, without its pool and without the servers of DHCP (chrony.conf(5)). */
function configuration(servers: readonly string[]): ButaneFile {
  const inline = `${servers.map((server) => `server ${server} iburst\n`).join("")}
driftfile /var/lib/chrony/drift
makestep 1.0 3
rtcsync
ntsdumpdir /var/lib/chrony
logdir /var/log/chrony
`;
  return { path: "/etc/chrony.conf", mode: 0o644, contents: { inline } };
}
