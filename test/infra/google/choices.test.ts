/** What a hub has only if it is asked for. */
import { expect, test } from "vitest";
import { HubBackup } from "../../../infra/google/backup.ts";
import { HubBudget } from "../../../infra/google/budget.ts";
import { HubEncryption } from "../../../infra/google/encryption.ts";
import { synthesizedResource } from "./synthesized.ts";

const names = { fleetName: "harbor", name: "harbor-hub", region: "europe-west1" };

test("the key of Secrets turns every quarter, is protected, and GKE alone may use it", () => {
  const build = (type: string) =>
    synthesizedResource(type, (stack) => {
      new HubEncryption(stack, "encryption", {
        ...names,
        projectNumber: "123456",
        deletionProtection: true,
      });
    });
  expect(build("google_kms_crypto_key")).toMatchObject({
    rotation_period: "7776000s",
    lifecycle: { prevent_destroy: true },
  });
  expect(build("google_kms_crypto_key_iam_member")).toMatchObject({
    member: "serviceAccount:service-123456@container-engine-robot.iam.gserviceaccount.com",
    role: "roles/cloudkms.cryptoKeyEncrypterDecrypter",
  });
});

test("a backup has every namespace and no Secret", () => {
  const plan = synthesizedResource("google_gke_backup_backup_plan", (stack) => {
    new HubBackup(stack, "backup", { ...names, clusterId: "a-cluster" });
  });
  expect(plan).toMatchObject({
    cluster: "a-cluster",
    location: "europe-west1",
    backup_config: { all_namespaces: true, include_volume_data: true, include_secrets: false },
    retention_policy: { backup_retain_days: 14 },
  });
});

test("a budget counts this project alone, and warns before the amount is reached", () => {
  const budget = synthesizedResource("google_billing_budget", (stack) => {
    new HubBudget(stack, "budget", {
      fleetName: "harbor",
      billingAccount: "012345-6789AB-CDEF01",
      projectNumber: "123456",
      monthlyAmount: 250,
    });
  });
  expect(budget).toMatchObject({
    billing_account: "012345-6789AB-CDEF01",
    budget_filter: { projects: ["projects/123456"], calendar_period: "MONTH" },
    amount: { specified_amount: { units: "250" } },
  });
  expect(budget["threshold_rules"]).toContainEqual({ threshold_percent: 0.5 });
});
