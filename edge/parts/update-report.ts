/**
 * What the hub's alerts know of a device's own updates, besides the age of its release: whether Zincati,
 * rpm-ostree or the layering of K3s' SELinux policy failed, and whether that policy is still layered. A
 * timer writes it as metrics into a folder that the telemetry's node_exporter reads.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneFile, ButaneUnit } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";

const script: ButaneFile = {
  path: "/usr/local/bin/report-updates",
  mode: 0o755,
  contents: { inline: sourceText("edge/parts/update-report/report-updates.sh") },
};

const service: ButaneUnit = {
  name: "flotilla-update-report.service",
  contents: sourceText("edge/parts/update-report/flotilla-update-report.service"),
};

const timer: ButaneUnit = {
  name: "flotilla-update-report.timer",
  enabled: true,
  contents: sourceText("edge/parts/update-report/flotilla-update-report.timer"),
};

export class UpdateReport extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    device.addFile(this, script);
    device.addUnit(this, service);
    device.addUnit(this, timer);
  }
}
