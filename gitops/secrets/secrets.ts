/** The Secrets of workloads on the hub. External Secrets fills them, and the courier reads them. */
import { hasAddon } from "../../fleet/model/addons.ts";
import type { Fleet } from "../../fleet/model/fleet.ts";
import type { SharedSecretProps } from "../addons/shared-secret.ts";
import { cloudSecretName } from "../../fleet/model/contract.ts";
import { secretsAddon } from "../addons/names.ts";
import { secretLabel, secretsNamespace } from "../programs/courier/settings.ts";
import { managedByFlotilla, workloadLabel } from "../../fleet/model/contract.ts";
import type { Workload } from "../../fleet/model/workload.ts";

/** Those with secrets; none where the hub has no add-on for secrets. */
export function workloadsWithSecrets(fleet: Fleet): readonly Workload[] {
  if (!hasAddon(fleet, secretsAddon)) return [];
  return fleet.workloads.filter(({ secrets = [] }) => secrets.length > 0);
}

/** What External Secrets fetches from Google Secret Manager for workloads. */
export function workloadSecrets(fleet: Fleet): readonly SharedSecretProps[] {
  return workloadsWithSecrets(fleet).flatMap((workload) =>
    (workload.secrets ?? []).map(({ name, from, keys }) => ({
      namespace: secretsNamespace,
      // Neither part has a dot, so the name is unique.
      name: `${workload.name}.${name}`,
      cloudSecret: cloudSecretName(fleet.name, from),
      ...(keys && { keys: Object.fromEntries(keys.map((key) => [key, key])) }),
      labels: {
        ...managedByFlotilla,
        [workloadLabel]: workload.name,
        [secretLabel]: name,
      },
    })),
  );
}
