/**
 * The right time before TLS: for a machine whose clock is behind, a certificate is not valid yet, and
 * a Raspberry Pi has no clock that runs while it is off.
 *
 * chrony's own unit waits for the first synchronization, at most three minutes, and delays
 * time-sync.target, after which K3s and the installation of its SELinux policy start. If no time
 * server is reachable they start anyway: a shop without internet has to open too.
 */
import { Construct } from "constructs";
import type { ButaneUnit } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";

const unit: ButaneUnit = { name: "chrony-wait.service", enabled: true };

export class ClockSync extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    EdgeDevice.of(this).addUnit(this, unit);
  }
}
