/**
 * When the first of K3s' own certificates ends, for the hub's alert. They last a year, and K3s renews
 * them only when it starts. A timer writes it as a metric into a folder that the telemetry's
 * node_exporter reads.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneFile, ButaneUnit } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";

const script: ButaneFile = {
  path: "/usr/local/bin/report-certificates",
  mode: 0o755,
  contents: { inline: sourceText("edge/parts/certificate-report/report-certificates.sh") },
};

const service: ButaneUnit = {
  name: "flotilla-certificate-report.service",
  contents: sourceText("edge/parts/certificate-report/flotilla-certificate-report.service"),
};

const timer: ButaneUnit = {
  name: "flotilla-certificate-report.timer",
  enabled: true,
  contents: sourceText("edge/parts/certificate-report/flotilla-certificate-report.timer"),
};

export class CertificateReport extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const device = EdgeDevice.of(this);
    device.addFile(this, script);
    device.addUnit(this, service);
    device.addUnit(this, timer);
  }
}
