/**
 * The audit log of the API server: who changed what and when, never the contents. It omits what the
 * machine does to keep itself running, which would be nearly all of the log.
 *
 * Rules: kubernetes.io/docs/tasks/debug/debug-cluster/audit; the first one that matches decides.
 */
import { Construct } from "constructs";
import { sourceText } from "../../fleet/files/source-text.ts";
import type { ButaneFile } from "../butane/config.ts";
import { EdgeDevice } from "../device.ts";

/** Where both the policy and the log are, as in K3s' hardening guide. */
const folder = "/var/lib/rancher/k3s/server";

const policy: ButaneFile = {
  path: `${folder}/audit.yaml`,
  mode: 0o600,
  contents: { inline: sourceText("edge/parts/audit-policy/audit.yaml") },
};

/** A part of K3sServer. */
export class AuditPolicy extends Construct {
  /** Arguments of kube-apiserver. The log takes at most five files of 10 MB. */
  readonly apiServerArguments: readonly string[] = [
    `audit-policy-file=${policy.path}`,
    `audit-log-path=${folder}/logs/audit.log`,
    "audit-log-maxsize=10",
    "audit-log-maxbackup=4",
    "audit-log-maxage=30",
  ];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    EdgeDevice.of(this).addFile(this, policy);
  }
}
