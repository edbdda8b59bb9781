/** What checkov, a scanner of Terraform plans, reports about a plan, and which findings are accepted. */
import { spawnSync } from "node:child_process";

/** Checks that the hub does not pass, by number, each with the reason why it stays so. */
export const acceptedFindings: Readonly<Record<string, string>> = {
  CKV_GCP_12: "Network policies hold without the add-on that is asked for: Dataplane V2 has them.",
  CKV_GCP_20: "There is no address of the API server to which networks could be let.",
  CKV_GCP_65: "Needs a Google Workspace with a group of a fixed name; rights go by IAM here.",
  CKV_GCP_66: "Images come from public registries, which sign nothing that Google would attest.",
  CKV2_GCP_18: "Without a rule of Flotilla everything that comes in is refused; GKE makes its own.",
};

/**
 * The numbers of the checks that a plan does not pass, sorted, each once.
 *
 * @param file the plan as `terraform show -json` prints it
 */
export function findings(checkov: string, file: string): readonly string[] {
  const options = ["-f", file, "-o", "json", "--quiet", "--skip-download"];
  const { stdout } = spawnSync(checkov, options, { encoding: "utf8", maxBuffer: 2 ** 26 });
  const report = JSON.parse(stdout) as {
    readonly summary: { readonly passed: number };
    readonly results: { readonly failed_checks: readonly { readonly check_id: string }[] };
  };
  if (report.summary.passed === 0) throw new Error("checkov has looked at nothing");
  return [...new Set(report.results.failed_checks.map((check) => check.check_id))].toSorted();
}
