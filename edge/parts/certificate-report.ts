/**
 * When the first of K3s' own certificates ends, for the hub's alert. They last a year, and K3s renews
 * them only when it starts. A timer writes it as a metric into a folder that the telemetry's
 * node_exporter reads.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import { addTimedScript } from "./timed-script.ts";

export class CertificateReport extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    addTimedScript(this, {
      name: "report-certificates",
      unit: "flotilla-certificate-report",
      script: sourceText("edge/parts/certificate-report/report-certificates.sh"),
      service: sourceText("edge/parts/certificate-report/flotilla-certificate-report.service"),
      timer: sourceText("edge/parts/certificate-report/flotilla-certificate-report.timer"),
    });
  }
}
