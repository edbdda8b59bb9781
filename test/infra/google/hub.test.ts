import { ContainerCluster } from "@cdktf/provider-google/lib/container-cluster/index.js";
import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project/index.js";
import { GkeBackupBackupPlan } from "@cdktf/provider-google/lib/gke-backup-backup-plan/index.js";
import { KmsCryptoKey } from "@cdktf/provider-google/lib/kms-crypto-key/index.js";
import { ProjectService } from "@cdktf/provider-google/lib/project-service/index.js";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account/index.js";
import { expect, test } from "vitest";
import { GoogleHub, type GoogleHubProps } from "../../../infra/google/hub.ts";
import { resourcesOf, synthesized } from "./synthesized.ts";

/** A hub without any fleet file. */
const hub = (props: Partial<GoogleHubProps> = {}) =>
  synthesized((stack) => {
    new GoogleHub(stack, "hub", {
      fleetName: "harbor",
      project: "harbor-edge-hub",
      region: "europe-west1",
      location: "europe-west1",
      domain: "edge.harbor.example",
      gatewayHost: "gateway.edge.harbor.example",
      nodesRange: "10.0.0.0/17",
      podsRange: "192.168.0.0/18",
      servicesRange: "192.168.64.0/18",
      machineType: "e2-standard-2",
      minNodes: 1,
      maxNodes: 3,
      maintenance: { days: ["Tue"], start: "02:00", lengthMinutes: 240 },
      ...props,
    });
  });

const values = (stack: string, type: Parameters<typeof resourcesOf>[1], name: string) =>
  resourcesOf(stack, type).map((each) => each[name]);

test("a hub has neither backup nor key nor budget unless it is asked for, and is protected", () => {
  const stack = hub();
  expect(Object.keys((JSON.parse(stack) as { data?: object }).data ?? {})).toEqual([]);
  expect(stack).not.toHaveResourceWithProperties(GkeBackupBackupPlan);
  expect(stack).not.toHaveResourceWithProperties(KmsCryptoKey);
  expect(stack).toHaveResourceWithProperties(ContainerCluster, {
    deletion_protection: true,
    database_encryption: { state: "DECRYPTED" },
    addons_config: { gke_backup_agent_config: { enabled: false } },
  });
});

test("the cluster's Secrets are encrypted with the key, once GKE may use it", () => {
  const stack = hub({ encryption: true });
  expect(stack).toHaveResourceWithProperties(ContainerCluster, {
    database_encryption: {
      state: "ENCRYPTED",
      key_name: expect.stringMatching(/^\$\{google_kms_crypto_key\..*\.id}$/),
    },
    depends_on: expect.arrayContaining([
      expect.stringContaining("google_kms_crypto_key_iam_member."),
    ]),
  });
});

test("Secret Manager is enabled, and has an account, only for External Secrets", () => {
  const service = { service: "secretmanager.googleapis.com" };
  const account = { account_id: "harbor-hub-creds" };
  const stack = hub({ externalSecrets: true });
  expect(stack).toHaveResourceWithProperties(ProjectService, service);
  expect(stack).toHaveResourceWithProperties(ServiceAccount, account);
  expect(hub()).not.toHaveResourceWithProperties(ProjectService, service);
  expect(hub()).not.toHaveResourceWithProperties(ServiceAccount, account);
});

test("the project's number is looked up once, however many need it, and waits for one API", () => {
  const budget = { billingAccount: "012345-6789AB-CDEF01", monthlyAmount: 300 };
  const stack = hub({ encryption: true, externalSecrets: true, budget });
  const { data } = JSON.parse(stack) as { data: Record<string, Record<string, object>> };
  expect(Object.values(data[DataGoogleProject.tfResourceType] ?? {})).toEqual([
    {
      project_id: "harbor-edge-hub",
      depends_on: [expect.stringMatching(/^google_project_service\..*cloudresourcemanager/)],
    },
  ]);
});

test("the longest name of a fleet gives accounts that Google accepts", () => {
  const stack = hub({ fleetName: "a".repeat(20), externalSecrets: true });
  const ids = values(stack, ServiceAccount, "account_id");
  expect(Math.max(...ids.map((id) => String(id).length))).toBe(30);
});
