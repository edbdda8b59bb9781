/** Fixes for common failures of Terraform. */
import { alternatives } from "./plan-refusals.ts";
import { flotillaCommand } from "../../../fleet/model/advised-commands.ts";

interface Fix {
  /** Matches the output of Terraform or a provider. */
  readonly pattern: RegExp;
  /** A sentence; `$1` is the first group of the pattern. */
  readonly advice: string | (() => string);
}

/** The first match counts, so narrow patterns come first. */
const fixes: readonly Fix[] = [
  {
    pattern: /Error acquiring the state lock[\s\S]*?ID:\s+([0-9a-f-]+)/,
    advice:
      "Another deployment is running, or one was killed. If you are sure that none is running: " +
      "terraform force-unlock $1, in the stack's folder.",
  },
  {
    pattern:
      /Resource google_(?:container_cluster|compute_network|compute_subnetwork)\.\S+ has lifecycle\.prevent_destroy/,
    advice: () => `This change would delete the hub and make another one. ${alternatives()}`,
  },
  {
    pattern: /Instance cannot be destroyed|deletion_protection|prevent_destroy/,
    advice:
      "This change would delete or replace protected resources. Undo the change in the " +
      "fleet file; or, if you need it, write deletionProtection: false under cloud.",
  },
  {
    pattern: /billing.{0,80}(?:disabled|not enabled|not found)|BILLING_DISABLED/i,
    advice: () =>
      `The project has no billing account: ${flotillaCommand("doctor")} has the command that links one.`,
  },
  {
    pattern: /SERVICE_DISABLED|accessNotConfigured|has not been used in project|API not enabled/i,
    advice: () =>
      "An API was enabled a moment ago, or is disabled: wait two minutes and run it again. If it " +
      `fails again, ${flotillaCommand("doctor")} has the command.`,
  },
  {
    pattern: /quota ?'?([A-Z0-9_]{3,})?'?.{0,20}exceeded|QUOTA_EXCEEDED|quotaExceeded/i,
    advice:
      "Ask Google for more of this quota (console: IAM, Quotas), or write smaller nodes or fewer " +
      "under cloud.nodePool, and run it again: existing resources are kept.",
  },
  {
    pattern: /ZONE_RESOURCE_POOL_EXHAUSTED|GCE_STOCKOUT|does not have enough resources/,
    advice:
      "Google has no such machine in this zone now. Wait, or write another machineType, and run it again.",
  },
  {
    pattern:
      /could not find default credentials|invalid_grant|invalid_rapt|cannot fetch token|No credentials loaded/,
    advice: "Log in for Terraform: gcloud auth application-default login.",
  },
  {
    pattern: /Required '([a-z]+\.[A-Za-z.]+)' permission/,
    advice: "Ask the project's owner for a role with the permission $1.",
  },
  {
    pattern: /Error 403|PERMISSION_DENIED|403 Forbidden/i,
    advice:
      "You have no permission for this in the project. Ask its owner for the role that the line " +
      "above names, and run it again.",
  },
  {
    pattern: /storage: bucket doesn't exist/,
    advice: () =>
      `Make the bucket of cloud.state first, with versioning: ${flotillaCommand("doctor")} has the command.`,
  },
  {
    pattern: /Backend configuration changed|Backend initialization required/,
    advice:
      "The location of the state changes. In the stack's folder: terraform init -migrate-state.",
  },
  {
    pattern: /gke-gcloud-auth-plugin.{0,40}not found/,
    advice: "Install it: gcloud components install gke-gcloud-auth-plugin.",
  },
  {
    pattern: /Kubernetes cluster unreachable/,
    advice: "The cluster does not answer. Wait until Google shows it as running; run it again.",
  },
  {
    pattern: /cannot re-use a name that is still in use/,
    advice:
      "This release is on the hub and not in Terraform's state. Import it, in the folder of the " +
      "stack: terraform import helm_release.argo_cd argocd/argocd.",
  },
  {
    pattern: /Failed to query available provider packages|could not connect to registry/,
    advice: "Terraform can't reach its registry. Check the network and its proxy.",
  },
];

/** Without the line breaks and frames of Terraform's messages. */
export function onOneLine(said: string): string {
  return said.replaceAll(/\n?[│╷╵ \t]*\n[│╷╵ \t]*/g, " ").replaceAll(/\s+/g, " ");
}

/** The fix in one sentence; undefined for an unknown failure. */
export function terraformAdvice(said: string): string | undefined {
  const text = onOneLine(said);
  for (const { pattern, advice } of fixes) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const sentence = typeof advice === "string" ? advice : advice();
    return sentence.replace("$1", found[1] ?? "");
  }
  return undefined;
}
