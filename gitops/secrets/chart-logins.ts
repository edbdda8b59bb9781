/**
 * Logins of workloads' charts. Argo CD reads one from a Secret in its namespace with the chart's URL, which
 * External Secrets fills from Google Secret Manager; `type` is `oci` for a registry (Argo CD 3.4.4:
 * docs/operator-manual/declarative-setup.md; util/db/repository_secrets.go, getRepositorySecret).
 */
import { createHash } from "node:crypto";
import { chartSourceUrl, isRegistry } from "../../fleet/model/chart-repository.ts";
import { argoNamespace, cloudSecretName, secretTypeLabel } from "../../fleet/model/contract.ts";
import type { Workload } from "../../fleet/model/workload.ts";
import type { SharedSecretProps } from "../addons/shared-secret.ts";

/**
 * One for each URL.
 *
 * @param fleet name of the fleet
 */
export function chartLogins(
  fleet: string,
  workloads: readonly Pick<Workload, "chart">[],
): readonly SharedSecretProps[] {
  const logins = new Map<string, SharedSecretProps>();
  for (const { chart } of workloads) {
    if (chart?.login === undefined) continue;
    const url = chartSourceUrl(chart);
    logins.set(url, {
      namespace: argoNamespace,
      name: `chart-login-${createHash("sha256").update(url).digest("hex").slice(0, 12)}`,
      cloudSecret: cloudSecretName(fleet, chart.login),
      keys: { username: "username", password: "password" },
      labels: { [secretTypeLabel]: "repository" },
      texts: { type: isRegistry(chart.repository) ? "oci" : "helm", url },
    });
  }
  return [...logins.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
