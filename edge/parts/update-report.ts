/**
 * What the hub's alerts know of a device's own updates, besides the age of its release: whether Zincati,
 * rpm-ostree or the layering of K3s' SELinux policy fails, and whether that policy is still layered. A
 * timer writes it as metrics into a folder that the telemetry's node_exporter reads.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import { addTimedScript } from "./timed-script.ts";

export class UpdateReport extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    addTimedScript(this, {
      name: "report-updates",
      unit: "flotilla-update-report",
      script: sourceText("edge/parts/update-report/report-updates.sh"),
      service: sourceText("edge/parts/update-report/flotilla-update-report.service"),
      timer: sourceText("edge/parts/update-report/flotilla-update-report.timer"),
    });
  }
}
