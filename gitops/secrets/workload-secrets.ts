/** The Secrets of workloads on the hub. External Secrets fills them, and the courier reads them. */
import { cloudSecretName, managedByFlotilla, workloadLabel } from "../../fleet/model/contract.ts";
import type { Workload } from "../../fleet/model/workload.ts";
import type { SharedSecretProps } from "../addons/shared-secret.ts";
import { secretLabel, secretsNamespace } from "../programs/courier/settings.ts";

/**
 * What External Secrets reads from Google Secret Manager.
 *
 * @param fleet name of the fleet
 */
export function workloadSecrets(
  fleet: string,
  workloads: readonly Pick<Workload, "name" | "secrets">[],
): readonly SharedSecretProps[] {
  return workloads.flatMap((workload) =>
    (workload.secrets ?? []).map(({ name, from, keys }) => ({
      namespace: secretsNamespace,
      // Neither part has a dot, so the name is unique.
      name: `${workload.name}.${name}`,
      cloudSecret: cloudSecretName(fleet, from),
      ...(keys && { keys: Object.fromEntries(keys.map((key) => [key, key])) }),
      labels: {
        ...managedByFlotilla,
        [workloadLabel]: workload.name,
        [secretLabel]: name,
      },
    })),
  );
}
