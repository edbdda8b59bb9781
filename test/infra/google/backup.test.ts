import { GkeBackupBackupPlan } from "@cdktf/provider-google/lib/gke-backup-backup-plan/index.js";
import { expect, test } from "vitest";
import { HubBackup } from "../../../infra/google/backup.ts";
import { synthesized } from "./synthesized.ts";

test("a backup has every namespace and no Secret", () => {
  const stack = synthesized((scope) => {
    new HubBackup(scope, "backup", {
      fleetName: "harbor",
      name: "harbor-hub",
      region: "europe-west1",
      clusterId: "a-cluster",
    });
  });
  expect(stack).toHaveResourceWithProperties(GkeBackupBackupPlan, {
    cluster: "a-cluster",
    location: "europe-west1",
    backup_config: { all_namespaces: true, include_volume_data: true, include_secrets: false },
    retention_policy: { backup_retain_days: 14 },
  });
});
